import assert from "node:assert/strict";
import { REF } from "../values/mod.ts";
import { makeRef, refKey, type RefOptions, sameRef, type Target } from "./ref.ts";

type Echo = { echo(word: string, times: number): string };

/** A target that answers with how it was called. */
function target(shard: number, slot: number, node?: string): Target {
  const called = (how: string) => (handler: string, args: unknown[], options: RefOptions) =>
    Promise.resolve([how, handler, args, options]);
  return {
    address: node === undefined ? { shard, slot } : { node, shard, slot },
    tell() {},
    send: called("send") as never,
    ask: called("ask"),
    stream: called("stream") as never,
  };
}

Deno.test("a ref hands handler, arguments and options to its target", async () => {
  const ref = makeRef<Echo>(target(1, 2));
  assert.deepEqual(await ref.ask.echo("x", 2), ["ask", "echo", ["x", 2], {}]);
  assert.deepEqual(await ref.send.echo("x", 2), ["send", "echo", ["x", 2], {}]);
  const told: unknown[] = [];
  const noting = { ...target(1, 2), tell: (...sent: unknown[]) => void told.push(...sent) };
  assert.equal(makeRef<Echo>(noting).tell.echo("x", 2), undefined);
  assert.deepEqual(told, ["echo", ["x", 2], {}]);
  assert.deepEqual(await ref.with({ deadlineMs: 9 }).with({ caller: "n" }).ask.echo("x", 1), [
    ...["ask", "echo", ["x", 1], { deadlineMs: 9, caller: "n" }],
  ]);
});

Deno.test("a ref and its lanes are no promises, and no lane has what objects have", () => {
  const ref = makeRef<Record<string, () => void>>(target(1, 2));
  for (const lane of [ref.tell, ref.send, ref.ask]) {
    assert.equal(lane.then, undefined);
    assert.equal(typeof lane.constructor, "function", "a handler like any other");
    assert.equal((lane as unknown as Record<symbol, unknown>)[Symbol.iterator], undefined);
    assert.throws(() => Object.assign(lane, { echo: 1 }), TypeError);
  }
  assert.equal((ref as unknown as { then?: unknown }).then, undefined);
});

Deno.test("refs are the same when they name the same slot of the same node", () => {
  const a = makeRef(target(1, 2));
  assert(sameRef(a, makeRef(target(1, 2))));
  assert.equal(refKey(a), refKey({ [REF]: { shard: 1, slot: 2 } }));
  for (const other of [target(1, 3), target(2, 2), target(12, 2), target(1, 2, "node")]) {
    assert(!sameRef(a, makeRef(other)));
    assert.notEqual(refKey(a), refKey(makeRef(other)));
  }
  assert.equal(String(a), "ref 1.2");
  assert.equal(Deno.inspect(makeRef(target(1, 2, "bq3"))), "ref bq3/1.2");
});

Deno.test("a method that is taken off its lane says so when it is called", () => {
  const ref = makeRef<Echo>(target(1, 2));
  const { echo } = ref.ask;
  assert.throws(() => void echo("x", 1), /ask\.echo was taken off its ref: call ref\.ask\.echo/);
});

Deno.test("a lane knows more names than it keeps methods for", () => {
  const asked: string[] = [];
  const noting = { ...target(1, 2), tell: (name: string) => void asked.push(name) };
  const ref = makeRef<Record<string, () => void>>(noting);
  for (let i = 0; i < 1_000; i++) ref.tell[`name${i}`]!();
  assert.deepEqual(asked, Array.from({ length: 1_000 }, (_, i) => `name${i}`));
});
