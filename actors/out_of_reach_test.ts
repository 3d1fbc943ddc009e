import assert from "node:assert/strict";
import { type AnyRef, type Ref, UnknownHandlerError } from "./mod.ts";
import { type AnyHandlers, callAny, type Way } from "./testing/caller.ts";
import caller from "./testing/caller.ts";
import { guarantee } from "./testing/conformance.ts";
import fountain from "./testing/fountain.ts";
import inherits from "./testing/inherits.ts";

/** What every object has, and no actor serves. */
const INHERITED = [
  ...Object.getOwnPropertyNames(Object.prototype),
  ...["inherited", "call", "apply", "bind", "prototype", "next", "", "0", "\u{1f600}"],
];

const WAYS: readonly Way[] = ["tell", "send", "ask", "stream"];

guarantee(
  "what is no handler cannot be reached, in any way, from here or over a wire",
  async (s) => {
    const ref = await s.system.spawn(inherits, s.place);
    const others = [
      await s.system.spawn(caller, { placement: "here" }),
      await s.system.spawn(caller, { placement: "shard" }),
    ];
    let reached = 0;
    for (const name of INHERITED) {
      for (const way of WAYS) {
        const called = callAny(ref as unknown as Ref<AnyHandlers>, way, name);
        if (way === "tell" || way === "send") await called;
        else {
          await assert.rejects(called, (error) => {
            assert(error instanceof UnknownHandlerError, `${way} ${name}: ${error}`);
            assert.deepEqual(error.data, { handler: name, handlers: ["own"] });
            return true;
          });
        }
        const expected = way === "tell" || way === "send" ? "done" : "unknown-handler undefined";
        for (const other of others) {
          assert.equal(
            await other.ask.callAny(ref as AnyRef, way, name),
            expected,
            `${way} ${name}`,
          );
        }
        reached += 3;
      }
    }
    assert.equal(await (ref as unknown as Ref<{ own(): string }>).ask.own(), "own");
    assert.equal(await s.dead("unknown-handler"), reached);
    assert.deepEqual(s.crashes, []);
  },
  { userShards: 2 },
);

guarantee("a lane has no properties but handlers, and cannot be given any", async (s) => {
  const ref = await s.system.spawn(inherits, s.place);
  for (const way of WAYS) {
    const lane = ref[way] as unknown as Record<string, unknown>;
    assert.equal(lane.then, undefined, "a lane that is awaited by mistake is no promise");
    assert.equal(typeof lane.constructor, "function");
    assert.notEqual(lane.constructor, Object);
    assert.throws(() => lane.own = () => "forged", TypeError);
    assert.equal(await Promise.resolve(lane), lane);
  }
});

guarantee(
  "a function in a message is its sender's error, wherever it stands and goes",
  async (s) => {
    const ref = await s.system.spawn(fountain, s.place);
    const probe = await s.probe();
    const bad = { list: [{ call: () => 1 }] } as never;
    const atPath = { name: "ValueError", path: "args[0].list[0].call", found: "a function" };
    assert.throws(() => probe.tell.echo(bad), atPath);
    await assert.rejects(probe.send.echo(bad), atPath);
    await assert.rejects(probe.ask.echo(bad), atPath);
    assert.throws(() => ref.stream.count(bad), atPath);
    await assert.rejects(s.probe({ args: [bad] }), atPath);
    await assert.rejects(s.probe({ args: [class Probe {} as never] }), { name: "ValueError" });
    const method = probe.tell.note as never;
    assert.throws(() => probe.tell.echo(method), { name: "ValueError", path: "args[0]" });
    assert.deepEqual(await probe.ask.log(), [], "nothing of it has arrived");
    assert.deepEqual((await s.system.deadLetters()).byReason, {});
  },
);
