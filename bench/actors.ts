import {
  CASE_NAMES,
  type CaseName,
  fitting,
  rss,
  type Run,
  sampleOf,
  WORKLOADS,
} from "./actor_workload.ts";
import type { Bench, Case, Goal, Group, Result } from "./harness.ts";
import { rounded } from "./statistics.ts";
import { type ActorSystemUnderTest, macula, nact, raw, xstate } from "./systems/actor_systems.ts";
import { Erlang } from "./systems/erlang.ts";

/** What the cases of `macula` should reach, whatever the peers do. */
const GOALS: Partial<Record<CaseName, Goal>> = {
  count: { atLeast: 8 },
  "count-object": { atLeast: 3 },
  ask: { atMost: 1.2 },
  spawn: { atLeast: 500_000 },
  memory: { atMost: 1_024 },
  timers: { atMost: 5_000 },
  "xshard-tell": { atLeast: 2 },
};

/** Cases in which `macula` should be no slower than `erlang` is in the same run. */
const AS_ERLANG: ReadonlySet<CaseName> = new Set(["count", "count-object", "skynet"]);

/** Cases that have a floor, the port under them; `xport` is nothing else. */
const RAW: ReadonlySet<CaseName> = new Set(["xport", "xshard-tell", "xshard-ask"]);

/** How many times the time of a raw port an ask between shards may take. */
const PORTS_AN_ASK = 1.3;

/** The actor runtime beside others. */
export const actors: Group = {
  name: "actors",
  about: "actors of one process: messages, asks, births, memory; one shard, two, processes",
  cases: CASE_NAMES,
  async run(bench: Bench): Promise<void> {
    let withErlang = false;
    await bench.system("erlang", () => Erlang.compile(), async (erlang) => {
      withErlang = true;
      await each(bench, [raw, erlang, macula, nact, xstate]);
    });
    if (!withErlang) await each(bench, [raw, macula, nact, xstate]);
  },
};

/** Measures one case after the other, each of all systems in a row: they share its hour. */
async function each(bench: Bench, systems: readonly ActorSystemUnderTest[]): Promise<void> {
  for (const name of CASE_NAMES) {
    if (bench.wants(name)) await all(bench, name, systems);
  }
}

/** Measures a case of all systems, `macula` after those from which its goals are taken. */
async function all(
  bench: Bench,
  name: CaseName,
  systems: readonly ActorSystemUnderTest[],
): Promise<void> {
  const results = new Map<string, Result>();
  for (const system of systems) {
    if (system === raw ? !RAW.has(name) : name === "xport") continue;
    const goal = system === macula ? goalOf(name, results) : undefined;
    const result = await measure(bench, system, name, goal);
    if (result) results.set(system.name, result);
  }
}

/** The goal of a case of `macula`, given what its peers have reached. */
export function goalOf(
  name: CaseName,
  peers: ReadonlyMap<string, Pick<Result, "value">>,
): Goal | undefined {
  const raw = peers.get("raw");
  if (name === "xshard-ask" && raw) return { atMost: rounded(PORTS_AN_ASK * raw.value) };
  const own = GOALS[name];
  const erlang = peers.get("erlang");
  if (!erlang || !AS_ERLANG.has(name)) return own;
  if (own === undefined) return { atMost: erlang.value };
  return "atLeast" in own
    ? { atLeast: Math.max(own.atLeast, erlang.value) }
    : { atMost: Math.min(own.atMost, erlang.value) };
}

async function measure(
  bench: Bench,
  system: ActorSystemUnderTest,
  name: CaseName,
  goal: Goal | undefined,
): Promise<Result | undefined> {
  const lacks = system.lacks[name];
  if (lacks !== undefined) {
    bench.leaveOut(name, system.name, lacks);
    return undefined;
  }
  const size = fitting(name, bench.amount(WORKLOADS[name].size * (system.parts?.[name] ?? 1)));
  const note = system.notes[name];
  const { unit } = WORKLOADS[name];
  const what: Case = {
    name,
    system: system.name,
    unit,
    ...(goal && { goal }),
    ...(note && { note }),
  };
  if (name === "memory") {
    await memory(bench, system, size, what);
    return undefined;
  }
  let result: Result | undefined;
  await bench.system(system.name, () => system.start(name), async (process) => {
    if (process.lacks !== undefined) bench.leaveOut(name, system.name, process.lacks);
    else {
      result = await bench.case(what, async () => sampleOf(name, size, await process.run(size)));
    }
  });
  return result;
}

/** The heap's bytes and the process's, both of the same runs, each in a process of its own. */
async function memory(
  bench: Bench,
  system: ActorSystemUnderTest,
  size: number,
  what: Case,
): Promise<void> {
  const runs: Run[] = [];
  const heap = await bench.case(what, async () => {
    await using process = await system.start("memory");
    const run = await process.run(size);
    runs.push(run);
    return sampleOf("memory", size, run);
  });
  if (!heap) return;
  const { name, note } = what;
  const unit = "B RSS";
  await bench.case({ name, system: system.name, unit, ...(note && { note }) }, () => {
    return Promise.resolve({ value: rss(runs.shift() as Run, size) });
  });
}
