/**
 * The program that a `process` actor's subprocess runs: our own host, which gives up what it has,
 * then loads the agent that it is handed over `stdin`, and speaks frames over its pipes.
 *
 * @module
 */
import * as face from "./agent_face.ts";
import { boxConsole } from "./box_console.ts";
import { BoxHost } from "./box_host.ts";
import { MAX_FRAME_BYTES, MAX_FRAME_IN_BYTES } from "./constants.ts";
import { FACE_KEY } from "./face_key.ts";
import { encodeFrame, FrameReader } from "./frames.ts";
import type { Frame, StartInfo, ToBox } from "./protocol.ts";
import { closeGlobals, revokePermissions } from "./sandbox.ts";

/**
 * Runs the host until its owner closes `stdin`. Nothing of the process is left for the agent: call
 * it only in a process of its own.
 *
 * @param permissions the names of the permissions that the agent may keep; the process must hold
 * them already
 */
export async function runProcessHost(permissions: readonly string[]): Promise<void> {
  const { stdin, stdout, stderr, exit, inspect } = Deno;
  revokePermissions(permissions);
  const write = (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length;) at += stdout.writeSync(bytes.subarray(at));
  };
  const send = (frame: Frame) => {
    const bytes = encodeFrame(frame, MAX_FRAME_BYTES);
    write(bytes);
    return bytes.length;
  };
  const host = new BoxHost(send, load);
  const encoder = new TextEncoder();
  const console = boxConsole(
    (text) => void stderr.writeSync(encoder.encode(text)),
    (value) => inspect(value, { depth: 4, colors: false }),
  );
  Object.defineProperty(globalThis, "console", { value: console, writable: true });
  Object.defineProperty(globalThis, Symbol.for(FACE_KEY), { value: Object.freeze({ ...face }) });
  catchUncaught((error) => host.uncaught(error));
  if (permissions.length === 0) closeGlobals();

  send(["hello"]);
  const reader = new FrameReader(MAX_FRAME_IN_BYTES, Number.MAX_SAFE_INTEGER);
  const chunk = new Uint8Array(65_536);
  for (;;) {
    const count = await stdin.read(chunk);
    if (count === null) return exit(0); // the owner is gone
    for (const { value } of reader.read(chunk.subarray(0, count))) {
      const [op, nonce] = value as unknown[];
      if (op === "ping") write(encodeFrame(["pong", nonce], MAX_FRAME_BYTES));
      else host.receive(value as unknown as ToBox);
    }
  }
}

/** Imports the agent: one module, which imports nothing. */
async function load({ code }: StartInfo): Promise<unknown> {
  const url = `data:text/javascript;base64,${new TextEncoder().encode(code ?? "").toBase64()}`;
  return (await import(url)).default;
}

function catchUncaught(take: (error: unknown) => void): void {
  addEventListener("error", (event) => {
    event.preventDefault();
    take(event.error ?? event.message);
  });
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    take(event.reason);
  });
}
