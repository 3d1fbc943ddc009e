import assert from "node:assert/strict";
import { FakeClock } from "../testing.ts";
import { ShardChoice } from "./shard_choice.ts";

function choiceOf(...topology: Parameters<ShardChoice["setTopology"]>): [ShardChoice, FakeClock] {
  const clock = new FakeClock();
  const choice = new ShardChoice(clock);
  choice.setTopology(...topology);
  return [choice, clock];
}

Deno.test("ShardChoice.choose() takes the shards for users by turns, others by name", () => {
  const [choice] = choiceOf({ users: [2, 3], names: { main: 0, dht: 1 }, away: [] });
  const chosen = [undefined, undefined, "dht", undefined].map((name) => choice.choose(name));
  assert.deepEqual(chosen, [2, 3, 1, 2]);
  assert.throws(() => choice.choose("user-9"), {
    name: "RangeError",
    message: `there is no shard "user-9": there are main, dht`,
  });
  assert.throws(() => choice.choose("toString"), RangeError);
});

Deno.test("ShardChoice.choose() goes around shards that are away, and waits if there is no other", async () => {
  const [choice, clock] = choiceOf({ users: [1], names: { "user-1": 1 }, away: ["user-2"] });
  assert.equal(choice.choose(undefined), 1);
  assert.equal(choice.choose(undefined), 1);
  const named = choice.choose("user-2");
  choice.setTopology({ users: [], names: {}, away: ["user-1", "user-2"] });
  const any = choice.choose(undefined);
  choice.setTopology({ users: [5], names: { "user-2": 5 }, away: ["user-1"] });
  assert.deepEqual(await Promise.all([named, any]), [5, 5]);
  assert.equal(clock.pending, 0);
});

Deno.test("ShardChoice.choose() rejects when what it waits for stays away", async () => {
  const [choice, clock] = choiceOf({ users: [], names: {}, away: ["user-1", "dht"] });
  const gone = assert.rejects(async () => await choice.choose("dht"), {
    message: `there is no shard "dht": there are main`,
  });
  choice.setTopology({ users: [], names: { main: 0 }, away: ["user-1"] });
  await gone;
  const late = assert.rejects(async () => await choice.choose(undefined), {
    name: "SpawnError",
    message: /^no shard for users was there within 30000 ms/,
  });
  clock.advance(30_000);
  await late;
  const closed = assert.rejects(async () => await choice.choose(undefined), { name: "EndedError" });
  choice.close();
  await closed;
  assert.equal(clock.pending, 0);
});
