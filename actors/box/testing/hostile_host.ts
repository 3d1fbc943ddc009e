import { encodeFrame } from "../frames.ts";

/** Largest frame that a test writes, in bytes: beyond what an owner takes. */
const LARGEST = 2 ** 24;

/**
 * Writes the program of a host that says hello, then does what a test tells it to.
 *
 * @param actions each the frames that it sends, as values or as raw bytes, before `after` runs
 */
export function hostileHost(actions: readonly unknown[], after = ""): string {
  const chunks = [["hello"], ...actions].map((action) =>
    action instanceof Uint8Array ? action : encodeFrame(action, LARGEST)
  );
  return `
    for (const chunk of ${JSON.stringify(chunks.map((chunk) => chunk.toBase64()))}) {
      const bytes = Uint8Array.fromBase64(chunk);
      for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
    }
    ${after}
    for await (const _ of Deno.stdin.readable);`;
}
