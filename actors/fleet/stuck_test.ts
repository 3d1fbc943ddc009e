import assert from "node:assert/strict";
import { ActorSystem, type ShardStuck } from "../mod.ts";
import { STRICT } from "../testing/conformance.ts";
import spinner from "./testing/spinner.ts";

const WATCHDOG = { everyMs: 50, stuckAfterMs: 400 };

/** A file that somebody spins for as long as there is it. */
async function flag(): Promise<
  AsyncDisposable & { readonly path: string; lower(): Promise<void> }
> {
  const path = await Deno.makeTempFile();
  let lowered: Promise<void> | undefined;
  const lower = () => lowered ??= Deno.remove(path);
  return { path, lower, [Symbol.asyncDispose]: lower };
}

for (const how of ["spinWhile", "spinLater"] as const) {
  Deno.test(
    `a shard that spins is reported, gone around, and taken back: ${how}`,
    STRICT,
    async () => {
      const [stuck, answering] = [
        Promise.withResolvers<ShardStuck>(),
        Promise.withResolvers<ShardStuck>(),
      ];
      const told = (to: PromiseWithResolvers<ShardStuck>) => (event: ShardStuck) => {
        if (event.name === "user-1") to.resolve(event);
      };
      await using system = await ActorSystem.start({
        ...{ userShards: 2, watchdog: WATCHDOG },
        ...{ onStuck: told(stuck), onAnswering: told(answering) },
      });
      await using raised = await flag();
      const options = { placement: "shard", label: "spinner" } as const;
      const spinning = await system.spawn(spinner, { ...options, shard: "user-1" });
      spinning.tell[how](raised.path);

      const { slot, forMs, ...event } = await stuck.promise;
      const inTurn = how === "spinWhile";
      assert.deepEqual(event, { shard: 1, name: "user-1", path: "spinner", inTurn });
      assert(forMs >= 400);
      const others = await Promise.all([1, 2].map(() => system.spawn(spinner, options)));
      assert.deepEqual(await Promise.all(others.map((it) => it.ask.echo("alive"))), [
        "alive",
        "alive",
      ]);
      const waits = system.spawn(spinner, { ...options, shard: "user-1", label: "waits" });

      const [, status] = (await system.shards()).shards;
      assert.equal(status?.state, "stuck");
      assert.deepEqual({ ...status.stuck, forMs: 0 }, { ...event, slot, forMs: 0 });
      const actors = await system.actors();
      assert.deepEqual(actors.filter(({ path }) => path === "spinner").map(({ shard }) => shard), [
        2,
        2,
      ]);

      await raised.lower();
      const again = await answering.promise;
      assert.deepEqual({ ...again, forMs: 0 }, { ...event, slot, forMs: 0 });
      assert.equal(await (await waits).ask.echo("waited"), "waited");
      assert.equal(await spinning.ask.echo("alive"), "alive");
      assert.equal((await system.shards()).shards[1]?.state, "running");
    },
  );
}

Deno.test(
  "what was known of a shard that spins is shown, with who is running",
  STRICT,
  async () => {
    const stuck = Promise.withResolvers<void>();
    await using system = await ActorSystem.start({
      ...{ userShards: 1, watchdog: WATCHDOG, onStuck: () => stuck.resolve() },
      onAnswering() {},
    });
    await using raised = await flag();
    const ref = await system.spawn(spinner, { placement: "shard", label: "spinner" });
    assert.equal(await ref.ask.echo("a"), "a");
    const before = (await system.actors()).filter(({ path }) => path === "spinner");
    ref.tell.spinWhile(raised.path);
    const asked = system.actors();
    await stuck.promise;
    // Asked before anybody knew, and after.
    for (const actors of [await asked, await system.actors()]) {
      const [actor] = actors.filter(({ path }) => path === "spinner");
      assert.deepEqual(actor, { ...before[0], state: "stuck" });
    }
    assert.equal((await system.deadLetters()).total, 0);
    await raised.lower();
  },
);

Deno.test("onStuck that throws keeps nothing from being watched", STRICT, async () => {
  const printed: unknown[] = [];
  const { error } = console;
  console.error = (...words: unknown[]) => void printed.push(words[0]);
  try {
    const answering = Promise.withResolvers<void>();
    const stuck = Promise.withResolvers<void>();
    await using system = await ActorSystem.start({
      ...{ watchdog: WATCHDOG, onAnswering: () => answering.resolve() },
      onStuck() {
        stuck.resolve();
        throw new RangeError("in onStuck");
      },
    });
    await using raised = await flag();
    const ref = await system.spawn(spinner, { placement: "shard", label: "spinner" });
    ref.tell.spinWhile(raised.path);
    await stuck.promise;
    await raised.lower();
    await answering.promise;
    assert.match(
      String(printed[0]),
      /^macula: shard "user-1" has not answered for \d+ ms: spinner is /,
    );
    assert.equal(printed[1], "macula: onStuck threw:");
  } finally {
    console.error = error;
  }
});
