/**
 * An identity on disk: `identity/` in the data folder, with
 *
 * | file | holds | mode |
 * |---|---|---|
 * | `node.key` | the node key, PKCS#8 in PEM | 0600 |
 * | `next.key` | the key of the first rotation; may be moved elsewhere | 0600 |
 * | `recovery.key` | the key that revokes; should be moved elsewhere | 0600 |
 * | `inception` | the record that commits to all three, 96 bytes | 0600 |
 *
 * A new identity is written into a folder beside it, `identity.new-…`, each file synced, the
 * inception record last; then one rename makes it the identity. So a crash at any moment leaves the
 * old state or the new, and of two nodes that start in one folder at once, one rename fails and
 * both have the same identity. What a crash left beside it was never in use, and is removed by
 * {@linkcode loadOrCreateIdentity}. Keys that are in place are never overwritten.
 *
 * @module
 */

import { join } from "node:path";
import { equalBytes } from "./bytes.ts";
import { IDENTITY_FOLDER, INCEPTION_BYTES, KEY_FILE_MAX_BYTES } from "./constants.ts";
import { parseSigningKey, sha256, type SigningKey } from "./ed25519.ts";
import {
  createIdentity,
  decodeInception,
  type Identity,
  identityFromKey,
  type Inception,
  type NewIdentity,
} from "./identity.ts";
import { type RandomBytes, systemRandom } from "./random.ts";

const STAGING_PREFIX = `${IDENTITY_FOLDER}.new-`;

/**
 * Why an identity could not be read or written:
 *
 * - `absent`: there is none in the folder
 * - `exists`: there is one already, and it would have been overwritten
 * - `exposed`: a key can be read by other users
 * - `corrupt`: a file does not hold what it should
 * - `mismatch`: a key is not the one that the inception record names
 * - `inaccessible`: the system refused to read or write
 */
export type IdentityErrorCode =
  | "absent"
  | "exists"
  | "exposed"
  | "corrupt"
  | "mismatch"
  | "inaccessible";

/** An identity that cannot be read or written; the message says what to do about it. */
export class IdentityError extends Error {
  override readonly name = "IdentityError";

  /**
   * @param code What is wrong, for programs.
   * @param path The file or folder that it is about.
   * @param what What is wrong with it and what to do, for people; the path is put before it.
   * @param options The cause, where there is one.
   */
  constructor(
    readonly code: IdentityErrorCode,
    readonly path: string,
    what: string,
    options?: ErrorOptions,
  ) {
    super(`${path}: ${what}`, options);
  }
}

/**
 * Loads the identity of a data folder.
 *
 * @param folder The node's data folder, which holds `identity/`.
 * @returns The identity.
 * @throws {IdentityError} When there is none, when a key is readable by others, when a file is
 * damaged or out of reach, or when the keys and the inception record do not belong together. An
 * absent `next.key` or `recovery.key` is no error.
 */
export async function loadIdentity(folder: string): Promise<Identity> {
  const home = join(folder, IDENTITY_FOLDER);
  if (!await exists(home)) {
    throw new IdentityError(
      "absent",
      home,
      "there is no identity here yet; `macula init` makes one",
    );
  }

  const recordPath = join(home, "inception");
  const record = await readSmallFile(recordPath, INCEPTION_BYTES, false);
  if (record === undefined) {
    throw new IdentityError("absent", recordPath, missing("the node's inception record"));
  }
  let inception: Inception;
  try {
    inception = decodeInception(record);
  } catch (cause) {
    throw new IdentityError(
      "corrupt",
      recordPath,
      `${(cause as Error).message}; restore it from a backup`,
      { cause },
    );
  }

  const nodePath = join(home, "node.key");
  const node = await readKey(nodePath);
  if (node === undefined) throw new IdentityError("absent", nodePath, missing("the node's key"));
  if (!equalBytes(node.publicKey, inception.firstKey)) {
    throw new IdentityError(
      "mismatch",
      nodePath,
      `this is not the key that ${recordPath} names; restore both from one backup ` +
        `(a rotated key is not supported yet)`,
    );
  }
  await checkCommitment(join(home, "next.key"), inception.nextKeyHash, recordPath);
  await checkCommitment(join(home, "recovery.key"), inception.recoveryKeyHash, recordPath);
  return identityFromKey(node, record);
}

/**
 * Writes a new identity into a data folder, all of it or nothing.
 *
 * @param folder The node's data folder; made with mode 0700 where it is missing.
 * @param identity What {@linkcode createIdentity} returned.
 * @throws {IdentityError} When the folder holds an identity already, or cannot be written.
 */
export async function saveIdentity(folder: string, identity: NewIdentity): Promise<void> {
  const home = join(folder, IDENTITY_FOLDER);
  if (await exists(home) && !await isEmptyFolder(home)) throw alreadyThere(home);
  await reaching(folder, () => Deno.mkdir(folder, { recursive: true, mode: 0o700 }));

  const staging = join(folder, STAGING_PREFIX + systemRandom(8).toHex());
  try {
    await reaching(staging, () => Deno.mkdir(staging, { mode: 0o700 }));
    const keys = identity.exportKeys();
    const encoder = new TextEncoder();
    await writeSynced(join(staging, "node.key"), encoder.encode(keys.node));
    await writeSynced(join(staging, "next.key"), encoder.encode(keys.next));
    await writeSynced(join(staging, "recovery.key"), encoder.encode(keys.recovery));
    await writeSynced(join(staging, "inception"), identity.inception);
    await syncFolder(staging);
    await moveInto(staging, home);
  } catch (error) {
    await removeQuietly(staging);
    throw error;
  }
  await syncFolder(folder);
}

/**
 * Loads the identity of a data folder, making one first where there is none.
 *
 * @param folder The node's data folder; made with mode 0700 where it is missing.
 * @param random Source of the seeds of new keys.
 * @returns The identity, which is on disk when this resolves.
 * @throws {IdentityError} As {@linkcode loadIdentity} and {@linkcode saveIdentity} do. An
 * `identity/` that exists but is incomplete is an error, never replaced by a new one.
 */
export async function loadOrCreateIdentity(
  folder: string,
  random?: RandomBytes,
): Promise<Identity> {
  const home = join(folder, IDENTITY_FOLDER);
  if (!await exists(home) || await isEmptyFolder(home)) {
    try {
      await saveIdentity(folder, createIdentity(random));
    } catch (error) {
      // Another process may have been first, and have cleared our staging folder away as a
      // leftover; then what it made is loaded below.
      const outrun = error instanceof IdentityError &&
        (error.code === "exists" || error.code === "absent") && await exists(home);
      if (!outrun) throw error;
    }
  }
  const identity = await loadIdentity(folder);
  await removeLeftovers(folder);
  return identity;
}

/** Refuses a key that is present but is not the one that the record committed to. */
async function checkCommitment(
  path: string,
  hash: Uint8Array,
  recordPath: string,
): Promise<void> {
  const key = await readKey(path);
  if (key !== undefined && !equalBytes(sha256(key.publicKey), hash)) {
    throw new IdentityError(
      "mismatch",
      path,
      `${recordPath} commits to another key; restore the right one, or move this one away`,
    );
  }
}

/** Reads a private key that only its owner may read; undefined where there is no such file. */
async function readKey(path: string): Promise<SigningKey | undefined> {
  const pem = await readSmallFile(path, KEY_FILE_MAX_BYTES, true);
  if (pem === undefined) return undefined;
  try {
    return parseSigningKey(new TextDecoder().decode(pem));
  } catch (cause) {
    throw new IdentityError(
      "corrupt",
      path,
      `${(cause as Error).message}; restore it from a backup`,
      { cause },
    );
  } finally {
    pem.fill(0);
  }
}

/**
 * Reads a whole file of at most some bytes; undefined where there is none. Mode and content are
 * taken from one open file, so that it cannot be exchanged between the check and the reading.
 */
async function readSmallFile(
  path: string,
  limit: number,
  secret: boolean,
): Promise<Uint8Array | undefined> {
  let file: Deno.FsFile;
  try {
    file = await reaching(path, () => Deno.open(path, { read: true }));
  } catch (error) {
    if (error instanceof IdentityError && error.code === "absent") return undefined;
    throw error;
  }
  using open = file;
  const info = await reaching(path, () => open.stat());
  if (!info.isFile) {
    throw new IdentityError("corrupt", path, "not a regular file; restore it from a backup");
  }
  if (secret && Deno.build.os !== "windows" && ((info.mode ?? 0) & 0o077) !== 0) {
    const mode = ((info.mode ?? 0) & 0o777).toString(8).padStart(4, "0");
    throw new IdentityError(
      "exposed",
      path,
      `other users can reach this private key (mode ${mode}); run: chmod 600 '${path}', and ` +
        `rotate the key if somebody else may have read it`,
    );
  }
  if (info.size > limit) {
    throw new IdentityError(
      "corrupt",
      path,
      `${info.size} bytes where at most ${limit} belong; restore it from a backup`,
    );
  }
  const bytes = new Uint8Array(info.size);
  let length = 0;
  while (length < bytes.length) {
    const count = await reaching(path, () => open.read(bytes.subarray(length)));
    if (count === null) break;
    length += count;
  }
  return bytes.subarray(0, length);
}

/** Writes a new file of mode 0600 and waits until the disk has it. */
async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  await reaching(path, async () => {
    using file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
    let length = 0;
    while (length < bytes.length) length += await file.write(bytes.subarray(length));
    await file.sync();
  });
}

/** Makes the names in a folder durable; Windows has no such call and orders its journal itself. */
async function syncFolder(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  await reaching(path, async () => {
    using folder = await Deno.open(path, { read: true });
    await folder.sync();
  });
}

/** The rename that commits. POSIX replaces an empty folder by it, and refuses one with files. */
async function moveInto(staging: string, home: string): Promise<void> {
  try {
    await Deno.rename(staging, home);
  } catch (cause) {
    if (await exists(home) && !await isEmptyFolder(home)) throw alreadyThere(home, cause);
    throw inaccessible(home, cause);
  }
}

/** Removes what crashed creations left. Their keys were never in use; losing races are losers. */
async function removeLeftovers(folder: string): Promise<void> {
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isDirectory && entry.name.startsWith(STAGING_PREFIX)) {
      await removeQuietly(join(folder, entry.name));
    }
  }
}

async function removeQuietly(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch {
    // It may not exist, or another process removes it too. It does no harm where it is: it holds
    // keys that were never used, readable by their owner alone, and is tried again at each start.
  }
}

async function isEmptyFolder(path: string): Promise<boolean> {
  return await reaching(path, async () => {
    for await (const _ of Deno.readDir(path)) return false;
    return true;
  });
}

async function exists(path: string): Promise<boolean> {
  try {
    await reaching(path, () => Deno.lstat(path));
    return true;
  } catch (error) {
    if (error instanceof IdentityError && error.code === "absent") return false;
    throw error;
  }
}

/** Does something with a path, and says what the system's refusal means for an identity. */
async function reaching<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    throw inaccessible(path, cause);
  }
}

function inaccessible(path: string, cause: unknown): unknown {
  if (cause instanceof IdentityError || !(cause instanceof Error)) return cause;
  const because = { cause };
  if (cause instanceof Deno.errors.NotFound) {
    return new IdentityError("absent", path, "not found", because);
  }
  if (cause instanceof Deno.errors.NotCapable) {
    return new IdentityError(
      "inaccessible",
      path,
      "this process was not given access; run deno with --allow-read and --allow-write for the " +
        "data folder",
      because,
    );
  }
  if (cause instanceof Deno.errors.PermissionDenied) {
    return new IdentityError(
      "inaccessible",
      path,
      "the system denies access; run the node as the owner of its data folder, or choose another " +
        "with `data:`",
      because,
    );
  }
  if (cause instanceof Deno.errors.NotADirectory || cause instanceof Deno.errors.AlreadyExists) {
    return new IdentityError(
      "inaccessible",
      path,
      "a file stands where a folder is needed; choose another data folder with `data:`",
      because,
    );
  }
  return new IdentityError("inaccessible", path, cause.message, because);
}

function alreadyThere(home: string, cause?: unknown): IdentityError {
  return new IdentityError(
    "exists",
    home,
    "there is an identity here already, and its keys are not overwritten; move it away first",
    { cause },
  );
}

function missing(what: string): string {
  return `${what} is missing; restore it from a backup, or move the folder away to begin anew ` +
    `under a new id`;
}
