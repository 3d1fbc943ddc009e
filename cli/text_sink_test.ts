import assert from "node:assert/strict";
import { TextSink } from "./text_sink.ts";

/** A sink whose writes end when the test says so. */
class HeldSink {
  readonly writes: string[] = [];
  #held: PromiseWithResolvers<number>[] = [];

  write(bytes: Uint8Array): Promise<number> {
    this.writes.push(new TextDecoder().decode(bytes));
    const held = Promise.withResolvers<number>();
    this.#held.push(held);
    return held.promise;
  }

  /** Ends the oldest write, which took so many bytes. */
  take(bytes: number): void {
    this.#held.shift()?.resolve(bytes);
  }

  fail(error: Error): void {
    this.#held.shift()?.reject(error);
  }
}

const neverGone = (error: Error) => assert.fail(error);

Deno.test("TextSink writes in order, and what came meanwhile at once", async () => {
  const held = new HeldSink();
  const sink = new TextSink(held, neverGone);
  await sink.write("a");
  await sink.write("b");
  await sink.write("c");
  const flushed = sink.flush();
  held.take(1);
  await Promise.resolve();
  await Promise.resolve();
  assert.deepEqual(held.writes, ["a", "bc"]);
  held.take(2);
  await flushed;
});

Deno.test("TextSink writes the rest of what was written in part", async () => {
  const held = new HeldSink();
  const sink = new TextSink(held, neverGone);
  void sink.write("abc");
  const flushed = sink.flush();
  held.take(1);
  await Promise.resolve();
  await Promise.resolve();
  assert.deepEqual(held.writes, ["abc", "bc"]);
  held.take(2);
  await flushed;
});

Deno.test("TextSink holds a writer back while a slow reader has much to read", async () => {
  const held = new HeldSink();
  const sink = new TextSink(held, neverGone);
  await sink.write("x");
  let room = false;
  const waiting = sink.write("y".repeat(100_000)).then(() => room = true);
  await Promise.resolve();
  assert.equal(room, false);
  held.take(1);
  await Promise.resolve();
  await Promise.resolve();
  held.take(100_000);
  await waiting;
  await sink.flush();
});

Deno.test("TextSink tells once that its reader is gone, and drops the rest", async () => {
  const held = new HeldSink();
  const gone: Error[] = [];
  const sink = new TextSink(held, (error) => gone.push(error));
  void sink.write("a");
  void sink.write("b");
  held.fail(new Deno.errors.BrokenPipe("reader gone"));
  await sink.flush();
  await sink.write("c");
  assert.deepEqual(held.writes, ["a"]);
  assert.equal(gone.length, 1);
});
