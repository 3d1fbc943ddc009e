import assert from "node:assert/strict";
import type { ActorInfo, ShardStatus, SystemStatus } from "../mod.ts";
import { showActors } from "./actors.ts";
import { Output } from "./output.ts";

/** The lines that are printed of a node. */
async function shown(json: boolean, sort?: string): Promise<string[]> {
  const chunks: Uint8Array[] = [];
  const stream = {
    write: (bytes: Uint8Array) => (chunks.push(bytes.slice()), Promise.resolve(bytes.length)),
    isTerminal: () => false,
  };
  const options = { stdout: stream, stderr: stream, json, verbose: false, colours: false };
  const output = new Output({ ...options, onGone: assert.fail });
  showActors("b1", system, actors, sort, output);
  await output.line();
  await output.event({ event: "end" });
  const text = chunks.map((bytes) => new TextDecoder().decode(bytes)).join("");
  return text.split("\n").slice(0, -2);
}

const MB = 1_000_000;

function shard(number: number, name: string, more: Partial<ShardStatus>): ShardStatus {
  const vitals = { actors: 3, busyMs: 1_240, heapUsedBytes: 12.34 * MB, heapTotalBytes: 20 * MB };
  return {
    ...{ name, shard: number, state: "running", restarts: 0, turns: 9_000, turnsPerSecond: 1_200 },
    ...{ vitals, stuck: null, ...more },
  };
}

function actor(
  path: string,
  shard: number,
  slot: number,
  more: Partial<ActorInfo> = {},
): ActorInfo {
  return {
    ...{ path, shard, slot, state: "running", queued: 0, stashed: 0, handled: slot * 1_000 },
    ...{ restarts: 0, deadLetters: 0, busyMs: 0, ...more },
  };
}

const system: SystemStatus = {
  shards: [
    shard(0, "main", {}),
    shard(1, "user-1", {
      ...{ state: "stuck", turnsPerSecond: 0 },
      stuck: {
        ...{ shard: 1, name: "user-1", slot: 4, path: "agents/loop", inTurn: true, forMs: 3_210 },
      },
    }),
    shard(5, "user-2", { restarts: 2 }),
    shard(3, "user-3", { state: "gone", restarts: 3, vitals: null, turnsPerSecond: 0 }),
  ],
  rssBytes: 91.25 * MB,
};

const actors = [
  actor("", 0, 0),
  actor("agents", 0, 9),
  actor("agents/loop", 1, 4, { state: "stuck", queued: 12 }),
  actor("agents/loop/helper", 1, 5),
  actor("agents/worker", 5, 7, { busyMs: 84, restarts: 1, deadLetters: 3, state: "down" }),
];

Deno.test("macula actors marks a shard that is stuck, and says who is running in it", async () => {
  assert.deepEqual(await shown(false), [
    "b1  5 actors, 91.3 MB of memory",
    "",
    "shard   state    actors  turns/s   busy  heap used       of  restarts",
    "main    running       3    1,200  1.2 s    12.3 MB  20.0 MB",
    "user-1  stuck         3        0  1.2 s    12.3 MB  20.0 MB",
    "user-2  running       3    1,200  1.2 s    12.3 MB  20.0 MB         2",
    "user-3  gone                   0                                    3",
    "user-1 has not answered for 3.2 s: agents/loop is running",
    "",
    "actor            shard   handled  queued   busy  restarts  dead letters",
    "└─ agents        main      9,000",
    "   ├─ loop       user-1    4,000      12                                 stuck: its turn does not end",
    "   │  └─ helper  user-1    5,000                                         its shard is stuck",
    "   └─ worker     user-2    7,000          84 ms         1             3  down",
  ]);
});

Deno.test("macula actors sorts siblings by what they have with all below them", async () => {
  const tree = (await shown(false, "handled")).slice(-4).map((line) => line.split(/ {2,}u/)[0]);
  assert.deepEqual(tree.slice(1), ["   ├─ loop", "   │  └─ helper", "   └─ worker"]);
  const busy = (await shown(false, "busy")).slice(-3).map((line) => line.split(/ {2,}u/)[0]);
  assert.deepEqual(busy, ["   ├─ worker", "   └─ loop", "      └─ helper"]);
});

Deno.test("macula actors --json prints every field", async () => {
  const events = (await shown(true, "queued")).map((line) => JSON.parse(line));
  assert.deepEqual(events[0], { event: "process", rssBytes: 91.25 * MB });
  assert.deepEqual(events.slice(1, 5), system.shards.map((it) => ({ event: "shard", ...it })));
  assert.deepEqual(events[5], { event: "actor", ...actors[2] });
  assert.equal(events.length, 1 + 4 + actors.length);
});
