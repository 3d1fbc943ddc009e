/**
 * Where a node's control socket is. A small file in the data folder, `control`, always says so,
 * because the socket may be elsewhere: the path of a Unix socket has room for about a hundred bytes.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { EXIT } from "./exit_codes.ts";
import { Failure } from "./failure.ts";

/** Where a control socket listens. */
export type ControlPlace =
  | { readonly kind: "unix"; readonly path: string }
  /** On 127.0.0.1, where every user of the machine may connect: the token tells who may speak. */
  | { readonly kind: "tcp"; readonly port: number; readonly token: string };

/**
 * Longest path of a socket, in bytes: `sun_path` has 104 on macOS and 108 on Linux, the NUL
 * included (unix(4), unix(7)).
 */
export const MAX_SOCKET_PATH_BYTES = 100;

/** Name of the file in the data folder that says where the socket is. */
const PLACE_FILE = "control";

/** The socket's path where the data folder's is short enough. */
export function socketInFolder(data: string): string | undefined {
  return fitting(join(data, "control.sock"));
}

/**
 * The folder and path of a socket outside of the data folder.
 *
 * @param data the data folder's absolute path; another one has another folder
 * @param roots where sockets may be, the best first
 * @throws {Failure} when the path would be too long in all of them
 */
export function socketElsewhere(
  data: string,
  roots: readonly string[],
): { readonly folder: string; readonly path: string } {
  const name = `macula-${createHash("sha256").update(data).digest("hex").slice(0, 16)}`;
  for (const root of roots) {
    const folder = join(root, name);
    const path = fitting(join(folder, "control.sock"));
    if (path !== undefined) return { folder, path };
  }
  throw new Failure(
    EXIT.failed,
    "socket-path",
    `the control socket has no place: a socket's path has at most ${MAX_SOCKET_PATH_BYTES} bytes, ` +
      `and ${[data, ...roots].join(", ")} are too long; choose a shorter folder with --data`,
  );
}

/** A place as people and events see it, without the token. */
export function shownPlace(place: ControlPlace): string {
  return place.kind === "unix" ? `unix:${place.path}` : `tcp:127.0.0.1:${place.port}`;
}

/** Writes where the socket is; whoever reads meanwhile finds the former place or this one. */
export async function writePlace(data: string, place: ControlPlace): Promise<void> {
  const file = join(data, PLACE_FILE);
  const made = `${file}.new`;
  const token = place.kind === "tcp" ? ` ${place.token}` : "";
  await removeIfThere(made);
  await Deno.writeTextFile(made, `${shownPlace(place)}${token}\n`, { mode: 0o600 });
  await Deno.rename(made, file);
}

/**
 * Reads where the socket of a data folder is.
 *
 * @returns `undefined` when no node has said so
 * @throws {Failure} when the file is not a node's, or may not be read
 */
export async function readPlace(data: string): Promise<ControlPlace | undefined> {
  const file = join(data, PLACE_FILE);
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return undefined;
    }
    const words = `${file}: where the node's control socket is cannot be read: ` +
      `${(error as Error).message}`;
    throw new Failure(EXIT.failed, "control", words, { cause: error });
  }
  const [, path, port, token] =
    /^(?:unix:(\/[^\n\0]+)|tcp:127\.0\.0\.1:(\d{1,5}) ([0-9a-f]{64}))\n$/.exec(text) ?? [];
  if (path !== undefined) return { kind: "unix", path };
  if (port !== undefined && token !== undefined && Number(port) <= 65_535) {
    return { kind: "tcp", port: Number(port), token };
  }
  throw new Failure(
    EXIT.failed,
    "control",
    `${file} says nothing that is a control socket's place: start the node again, which writes it`,
  );
}

/** Forgets where the socket was. */
export async function forgetPlace(data: string): Promise<void> {
  await removeIfThere(join(data, PLACE_FILE));
}

/** Removes a file that may be gone already. */
export async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function fitting(path: string): string | undefined {
  return new TextEncoder().encode(path).length <= MAX_SOCKET_PATH_BYTES ? path : undefined;
}
