import assert from "node:assert/strict";
import { type CaseName, sampleOf } from "../actor_workload.ts";
import { UnavailableError } from "../harness.ts";
import { type ActorSystemUnderTest, macula, nact, raw, xstate } from "./actor_systems.ts";
import { Erlang } from "./erlang.ts";

/** Runs a case twice in one process, and checks what comes of it. */
async function twice(system: ActorSystemUnderTest, name: CaseName, size: number): Promise<void> {
  await using process = await system.start(name);
  assert.equal(process.lacks, undefined);
  for (let i = 0; i < 2; i++) sampleOf(name, size, await process.run(size));
}

for (const [system, name] of [[macula, "big"], [nact, "big"], [xstate, "big"]] as const) {
  Deno.test(`${system.name} comes to the right answer`, () => twice(system, name, 3));
}

Deno.test("raw takes the time of every round trip", () => twice(raw, "xport", 20));

Deno.test("macula weighs its actors after a collection", async () => {
  await using process = await macula.start("memory");
  const { heapBytes = 0, rssBytes = 0 } = await process.run(2_000);
  assert(heapBytes > 0 && rssBytes > 0);
});

Deno.test("Erlang comes to the right answer, where there is one", async () => {
  let erlang: Erlang;
  try {
    erlang = await Erlang.compile();
  } catch (error) {
    if (error instanceof UnavailableError) return;
    throw error;
  }
  await using _erlang = erlang;
  await twice(erlang, "big", 3);
  await twice(erlang, "xshard-ask", 5);
});
