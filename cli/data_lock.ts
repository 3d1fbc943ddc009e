import { join } from "node:path";
import { loadOrCreateIdentity } from "../security/mod.ts";
import { EXIT } from "./exit_codes.ts";
import { Failure } from "./failure.ts";

/**
 * Takes a data folder for this process until disposed: makes it where it is missing, and locks it.
 * The system releases the lock when the process ends in whatever way, so that a killed node leaves
 * nothing to clear away.
 *
 * @throws {Failure} `in-use` when another process has it
 * @throws {IdentityError} when it cannot be made, or the identity in it cannot be used
 */
export async function claimData(data: string): Promise<Disposable> {
  await loadOrCreateIdentity(data);
  const path = join(data, "lock");
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path, { write: true, create: true, mode: 0o600 });
  } catch (error) {
    const words = `${path} cannot be opened: ${(error as Error).message}`;
    throw new Failure(EXIT.failed, "data", words, { cause: error });
  }
  // An exclusive lock, not waited for.
  if (await file.tryLock(true)) return file;
  file.close();
  throw new Failure(
    EXIT.failed,
    "in-use",
    `${data} is in use by a node that runs: look at it with \`macula status --data ${data}\`, stop ` +
      `it, or choose another folder with --data`,
  );
}
