import { join } from "node:path";
import {
  type ControlPlace,
  removeIfThere,
  socketElsewhere,
  socketInFolder,
} from "./control_place.ts";
import { EXIT } from "./exit_codes.ts";
import { Failure } from "./failure.ts";

/** What the system gives for a control socket; a test gives another's. */
export interface ControlPlatform {
  /** Unix sockets have owners and modes; where they do not, the socket is on loopback with a token. */
  readonly kind: "unix" | "tcp";
  /** Where a socket may be whose data folder has too long a path, the best first. */
  readonly runtimeFolders: readonly string[];
}

/** This system's. */
export function controlPlatform(): ControlPlatform {
  const folders = [Deno.env.get("XDG_RUNTIME_DIR"), Deno.env.get("TMPDIR"), "/tmp"];
  return {
    kind: Deno.build.os === "windows" ? "tcp" : "unix",
    runtimeFolders: folders.filter((folder): folder is string => !!folder),
  };
}

/** A control socket that listens. Disposed, it is closed and its file removed. */
export interface ControlListener extends AsyncDisposable {
  readonly place: ControlPlace;
  accept(): Promise<Deno.Conn>;
}

/**
 * Opens the control socket of a data folder. One that a killed node has left there is replaced: the
 * caller has the folder's lock, so nobody else listens on it.
 *
 * @param data the data folder's absolute path
 * @throws {Failure} when there is no place for it that others could not reach
 */
export async function listenForControl(
  data: string,
  platform: ControlPlatform,
): Promise<ControlListener> {
  if (platform.kind === "tcp") return listenOnLoopback();
  const within = socketInFolder(data);
  if (within !== undefined) return await listenAt(within, undefined);
  const { folder, path } = socketElsewhere(data, platform.runtimeFolders);
  await ownFolder(folder);
  return await listenAt(path, folder);
}

/** Connects to a control socket. */
export function connectToControl(place: ControlPlace): Promise<Deno.Conn> {
  return place.kind === "unix"
    ? Deno.connect({ transport: "unix", path: place.path })
    : Deno.connect({ hostname: "127.0.0.1", port: place.port });
}

async function listenAt(path: string, folder: string | undefined): Promise<ControlListener> {
  const place: ControlPlace = { kind: "unix", path };
  await removeIfThere(path);
  // Who may connect is decided by the socket's mode when it is made: a chmod would come after the
  // first moment in which others could. Nothing else runs on this thread until it is set back.
  const umask = Deno.umask(0o177);
  let listener: Deno.UnixListener;
  try {
    listener = Deno.listen({ transport: "unix", path });
  } catch (error) {
    const words = `the control socket ${path} cannot be made: ${(error as Error).message}`;
    throw new Failure(EXIT.failed, "control", words, { cause: error });
  } finally {
    Deno.umask(umask);
  }
  return {
    place,
    accept: () => listener.accept(),
    async [Symbol.asyncDispose]() {
      listener.close();
      await removeIfThere(path);
      if (folder !== undefined) await removeIfThere(folder);
    },
  };
}

function listenOnLoopback(): ControlListener {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const token = crypto.getRandomValues(new Uint8Array(32)).toHex();
  return {
    place: { kind: "tcp", port: listener.addr.port, token },
    accept: () => listener.accept(),
    [Symbol.asyncDispose]: () => Promise.resolve(listener.close()),
  };
}

/**
 * Makes a folder that is this user's alone, or sees to it that it is: in a folder for all, such as
 * /tmp, another user may have made it first.
 */
async function ownFolder(folder: string): Promise<void> {
  try {
    await Deno.mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
  const { isDirectory, uid, mode } = await Deno.lstat(folder);
  if (isDirectory && uid === Deno.uid() && ((mode ?? 0) & 0o077) === 0) return;
  throw new Failure(
    EXIT.failed,
    "control",
    `the control socket cannot be in ${folder}: ${
      isDirectory ? "others than its user can reach it" : "it is no folder"
    }; remove it, or choose a data folder with a shorter path, so that ${
      join("DIR", "control.sock")
    } has room there`,
  );
}
