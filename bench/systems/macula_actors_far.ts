/**
 * The driver of the system `macula` in the group `actors`. Everything lives in the main isolate's
 * shard, but for the cases that are about other places.
 *
 * @module
 */
import {
  type ActorDefinition,
  ActorSystem,
  type HandlersOf,
  type Ref,
  type SpawnOptions,
} from "../../actors/mod.ts";
import { drive, timed, weighed, type Work } from "../actor_driver.ts";
import { type CaseName, FAR_CHUNKS, NEAR_CHUNKS } from "../actor_workload.ts";
import asker from "./macula_actors/asker.ts";
import big from "./macula_actors/big.ts";
import counter, { type Counter } from "./macula_actors/counter.ts";
import crasher from "./macula_actors/crasher.ts";
import echo from "./macula_actors/echo.ts";
import forkjoin from "./macula_actors/forkjoin.ts";
import idle from "./macula_actors/idle.ts";
import pingpong from "./macula_actors/pingpong.ts";
import ring from "./macula_actors/ring.ts";
import sender, { type Load } from "./macula_actors/sender.ts";
import skynet from "./macula_actors/skynet.ts";
import spawner from "./macula_actors/spawner.ts";
import ticker from "./macula_actors/ticker.ts";

/** Longer than any run: what is asked here is the outcome of a whole one. */
const DEADLINE = { deadlineMs: 600_000 };
/** The two shards of the cases that have two. */
const [HERE, THERE] = ["user-1", "user-2"];

/** What makes each case ready. */
const CASES: { readonly [name in CaseName]?: (system: ActorSystem) => Promise<Work> } = {
  count: (system) => counting(system, "numbers"),
  "count-object": (system) => counting(system, "readings"),
  "count-1k": (system) => counting(system, "bytes"),

  async pingpong(system) {
    const [a, b] = [await here(system, pingpong, []), await here(system, pingpong, [])];
    a.tell.meet(b);
    b.tell.meet(a);
    return (balls) => timed(() => a.ask.serve(balls));
  },

  async ask(system) {
    const asking = await here(system, asker, [await here(system, echo, [])]);
    return (count) => timed(() => asking.ask.sum(count));
  },

  async threadring(system) {
    const head = await here(system, ring, []);
    return (hops) => timed(() => head.ask.pass(hops));
  },

  async forkjoin(system) {
    const parent = await here(system, forkjoin, []);
    return (count) => timed(() => parent.ask.run(count));
  },

  async skynet(system) {
    const root = await here(system, skynet, []);
    return (leaves) => timed(() => root.ask.run(leaves));
  },

  async big(system) {
    const sink = await here(system, big, []);
    return (pings) => timed(() => sink.ask.run(pings));
  },

  spawn(system) {
    return Promise.resolve(async (count) => {
      const parent = await here(system, spawner, []);
      const run = await timed(() => parent.ask.run(count));
      await system.stopActor(parent);
      return run;
    });
  },

  async memory(system) {
    const parent = await here(system, idle, []);
    return (count) => weighed(() => parent.ask.spawn(count));
  },

  async restart(system) {
    const parent = await here(system, crasher, []);
    return (count) => timed(() => parent.ask.run(count));
  },

  async timers(system) {
    const ticking = await here(system, ticker, []);
    return async (ticks) => {
      const from = performance.now();
      const latencies = await ticking.ask.run(ticks);
      return { ms: performance.now() - from, answer: latencies.length, latencies };
    };
  },

  async "xshard-tell"(system) {
    const to = (await system.spawn(counter, { shard: THERE })).with(DEADLINE);
    const args = [to, "numbers", FAR_CHUNKS] as [typeof to, Load, number];
    return counts(to, await system.spawn(sender, { args, shard: HERE }));
  },

  async "xshard-ask"(system) {
    const far = await system.spawn(echo, { shard: THERE });
    const near = (await system.spawn(asker, { args: [far], shard: HERE })).with(DEADLINE);
    return (count) => asks(near, count);
  },

  async "process-ask"(system) {
    const far = await system.spawn(echo, { placement: "process" });
    const near = await here(system, asker, [far]);
    return (count) => asks(near, count);
  },
};

async function counting(system: ActorSystem, load: Load): Promise<Work> {
  const to = await here(system, counter, []);
  return counts(to, await here(system, sender, [to, load, NEAR_CHUNKS]));
}

function counts(to: Counter, from: Ref<HandlersOf<typeof sender>>): Work {
  return (count) => timed(() => to.ask.expect(count, from));
}

async function asks(near: Ref<HandlersOf<typeof asker>>, count: number): ReturnType<Work> {
  const from = performance.now();
  const { sum, latencies } = await near.ask.timed(count);
  return { ms: performance.now() - from, answer: sum, latencies };
}

async function here<A extends unknown[], H>(
  system: ActorSystem,
  definition: ActorDefinition<A, H>,
  args: A,
): Promise<Ref<H>> {
  const options = { args, placement: "here" } as unknown as SpawnOptions<A>;
  return (await system.spawn(definition, options)).with(DEADLINE);
}

/** Cases that need shards beside the main isolate's. */
const SHARDED: ReadonlySet<CaseName> = new Set(["xshard-tell", "xshard-ask"]);

await drive(async (name) => {
  const system = await ActorSystem.start({
    userShards: SHARDED.has(name) ? 2 : 0,
    onCrash: () => {/* `restart` is about crashes */},
  });
  return await CASES[name]?.(system);
});
