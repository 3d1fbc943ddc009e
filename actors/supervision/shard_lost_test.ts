import assert from "node:assert/strict";
import type { RefAddress } from "../../values/mod.ts";
import { exitReason } from "../exit_reason.ts";
import type { Restart } from "../spawn_options.ts";
import { FakeClock, settle } from "../testing.ts";
import { Supervision } from "./supervision.ts";
import { Slots } from "./testing/slots.ts";

Deno.test("A lost shard's children are respawned elsewhere, temporary ones end", async () => {
  const slots = new Slots();
  const spawn = (restart: Restart, shard: number) => slots.spawn({ restart, shard, respec: "x" });
  spawn("permanent", 1);
  spawn("transient", 1);
  spawn("temporary", 1);
  spawn("permanent", 3);
  await slots.drain();
  slots.lose(1);
  assert.deepEqual(await slots.drain(), ["respawn 1", "respawn 2"]);
  assert.deepEqual(
    slots.supervision.children().map(({ path, address }) => [path, address?.shard]),
    [
      ...[["parent/1", 2], ["parent/2", 2], ["parent/4", 3]],
    ],
  );
  const stopped = slots.supervision.stop(slots.slot(2).address);
  assert.deepEqual(await slots.drain(), ["stop! 2", "ended 2"], "in its new slot");
  await stopped;
});

Deno.test("The loss of a shard is one failure, however many children it took", async () => {
  const slots = new Slots({ intensity: 1 });
  for (let i = 0; i < 5; i++) slots.spawn({ respec: "x" });
  await slots.drain();
  slots.lose(1);
  await slots.drain();
  assert.deepEqual(slots.exceededBy, []);
  slots.lose(2);
  await slots.drain();
  assert.deepEqual(slots.exceededBy, [
    "parent/1 failed more than 1 times in 5000 ms, last: shard-lost",
  ]);
  assert(slots.all.every(({ state }) => state === "ended"));
});

Deno.test("A child that cannot be respawned is tried again up to the intensity", async () => {
  const slots = new Slots({ intensity: 3 });
  slots.spawn({ respec: "x" });
  await slots.drain();
  slots.failedRespawns = 2;
  slots.lose(1);
  assert.deepEqual(await slots.drain(), ["respawn 1", "respawn 1", "respawn 1"]);
  slots.spawn({ shard: 3, respec: "x" });
  await slots.drain();
  slots.clock.advance(5_000);
  slots.failedRespawns = 4;
  slots.lose(3);
  await slots.drain();
  assert.deepEqual(slots.exceededBy, [
    "parent/2 failed more than 3 times in 5000 ms, last: Error: did not start",
  ]);
});

Deno.test("A lost shard's children restart with their group, in its order", async () => {
  const slots = new Slots({ strategy: "rest_for_one" });
  slots.spawn({ shard: 3 });
  slots.spawn({ respec: "x" });
  slots.spawn({ shard: 3 });
  await slots.drain();
  slots.lose(1);
  assert.deepEqual(await slots.drain(), [
    ...["stop 3", "shutdown 3", "respawn 2", "restart 3", "ready 3"],
  ]);
});

Deno.test("A child that is respawned too late for its supervisor is killed", async () => {
  const slots = new Slots();
  slots.spawn({ respec: "x" });
  await slots.drain();
  slots.held.add(1);
  slots.lose(1);
  const all = slots.supervision.stopAll();
  slots.clock.advance(100);
  await all;
  slots.held.clear();
  assert.deepEqual(await slots.drain(), ["respawn 1", "kill! 1", "ended 1"]);
});

Deno.test("A child that was respawned and lost before that was known lives where it is next", async () => {
  const respawns: PromiseWithResolvers<RefAddress>[] = [];
  const supervision = new Supervision({
    clock: new FakeClock(),
    random: () => 0,
    signal() {},
    exceeded: assert.fail,
    gaveUp: assert.fail,
    respawn: () => respawns[respawns.push(Promise.withResolvers()) - 1]?.promise ?? assert.fail(),
  });
  const child = supervision.add({ path: "a", restart: "permanent", shutdownMs: 10, respec: "x" });
  const addresses = [1, 2, 3].map((shard) => ({ shard, slot: 7 })) as [
    RefAddress,
    RefAddress,
    RefAddress,
  ];
  supervision.started(child, addresses[0]);
  supervision.shardLost(1);
  supervision.exited(child, addresses[1], exitReason("error"));
  supervision.shardLost(2);
  respawns[0]?.resolve(addresses[1]);
  await settle(1);
  assert.equal(supervision.children()[0]?.address, undefined);
  respawns[1]?.resolve(addresses[2]);
  await settle(1);
  assert.deepEqual(supervision.children()[0]?.address, addresses[2]);
});
