/**
 * What a second process says to the benchmark that started it. Its stdout carries JSON lines only.
 *
 * @module
 */
import { jsonLine, jsonLines } from "./json_lines.ts";

/** Writes a line to the benchmark. */
export function say(line: unknown): void {
  const bytes = jsonLine(line);
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}

/** Says that something went wrong; the benchmark's present run fails with it. */
export function sayFailed(error: unknown): void {
  say({ failed: error instanceof Error ? error.message : String(error) });
}

/** The benchmark's orders; they end when it wants no more. */
export function orders<T>(): AsyncIterable<T> {
  return jsonLines(Deno.stdin.readable) as AsyncIterable<T>;
}
