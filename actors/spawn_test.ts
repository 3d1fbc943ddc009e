import assert from "node:assert/strict";
import { HandlerError, NameTakenError, sameRef, SpawnError } from "./mod.ts";
import { settle } from "./testing.ts";
import { guarantee, LOADED, OF_SHARDS } from "./testing/conformance.ts";
import failsToStart from "./testing/fails_to_start.ts";
import heldAtRestart from "./testing/held_at_restart.ts";
import heldAtStart from "./testing/held_at_start.ts";
import { notTheDefault } from "./testing/not_an_actor.ts";
import type { Probe } from "./testing/probe.ts";

guarantee("a factory that throws is the spawner's SpawnError, with the cause", async (s) => {
  const before = await s.actors();
  const start = s.system.spawn(failsToStart, { args: ["no luck"], ...s.place });
  await assert.rejects(start, (error) => {
    assert(error instanceof SpawnError);
    assert.equal(error.message, "fails_to_start did not start: RangeError: no luck");
    assert.deepEqual(error.data, { url: failsToStart.url });
    return true;
  });
  assert.equal(await s.actors(), before);
  const parent = await s.parent();
  const told = await parent.ask.childThatFails(s.place);
  assert.equal(told, "parent/fails_to_start did not start: RangeError: no luck");
});

guarantee("arguments are copied at the call, and the same for every incarnation", async (s) => {
  const args: [string] = ["as it was"];
  const starting = s.probe({ args });
  args[0] = "changed";
  const probe = await starting;
  assert.deepEqual(await probe.ask.log(), ["as it was"]);
  await assert.rejects(probe.ask.throwRange("x"));
  assert.deepEqual(await probe.ask.log(), ["as it was"]);
  await assert.rejects(s.probe({ args: [new Map() as never] }), { path: "args[0]" });
});

guarantee("messages to an actor that is being restarted wait for it", async (s) => {
  const gate = await s.gate();
  const held = await s.system.spawn(heldAtRestart, { args: [gate], ...s.place });
  await assert.rejects(held.ask.fail(), HandlerError);
  await gate.ask.arrived(1);
  held.tell.note("told");
  await held.send.note("sent");
  const log = held.ask.log();
  gate.tell.open();
  assert.deepEqual(await log, ["told", "sent"]);
});

guarantee("spawn waits until the actor has started", async (s) => {
  const gate = await s.gate();
  const starting = s.system.spawn(heldAtStart, { args: [gate], ...s.place });
  await gate.ask.arrived(1);
  const first = await Promise.race([starting.then(() => "started"), settle().then(() => "held")]);
  assert.equal(first, "held");
  gate.tell.open();
  assert.equal(await (await starting).ask.nothing(), undefined);
});

guarantee("names are unique, and freed at the end of their actor", async (s) => {
  const probe = await s.probe({ name: "thermostat" });
  await assert.rejects(s.probe({ name: "thermostat" }), (error) => {
    assert(error instanceof NameTakenError);
    assert.match(
      error.message,
      /the name "thermostat" is taken: choose another, or stop its holder/,
    );
    return true;
  });
  const found = await s.system.lookup<{ url: string; factory: () => Probe }>("thermostat");
  await found!.ask.note("found by its name");
  assert.deepEqual(await probe.ask.log(), ["found by its name"]);
  await s.system.stopActor(probe);
  assert.equal(await s.system.lookup("thermostat"), undefined);
  await s.probe({ name: "thermostat" });
});

guarantee("of two spawns with one name one fails before it has done anything", async (s) => {
  const outcomes = await Promise.allSettled([1, 2, 3].map(() => s.probe({ name: "one" })));
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), [
    ...["fulfilled", "rejected", "rejected"],
  ]);
  const probes = (await s.system.actors()).filter(({ path }) => path === "one");
  assert.equal(probes.length, 1);
});

guarantee("a name survives the restarts of its actor", async (s) => {
  const probe = await s.probe({ name: "thermostat" });
  await assert.rejects(probe.ask.throwRange("x"), HandlerError);
  assert.notEqual(await s.system.lookup("thermostat"), undefined);
  await assert.rejects(s.probe({ name: "thermostat" }), NameTakenError);
});

guarantee("a spawn that fails frees its name", async (s) => {
  for (let i = 0; i < 2; i++) {
    const start = s.system.spawn(failsToStart, {
      ...{ args: ["x"], ...s.place, name: "thermostat" },
    });
    await assert.rejects(start, SpawnError);
  }
  assert.equal(await s.system.lookup("thermostat"), undefined);
});

guarantee("a name whose actor ends at once is free", async (s) => {
  for (let i = 0; i < 20; i++) {
    const probe = await s.probe({ name: "brief" });
    probe.tell.stop();
    await s.down(probe);
    // `down` is about the incarnation: its supervisor decides after that.
    while (await s.system.lookup("brief") !== undefined) await settle(1);
  }
});

guarantee("spawn refuses options that mean nothing", async (s) => {
  await assert.rejects(s.probe({ shard: "no-such", placement: "shard" }), {
    name: "RangeError",
    message: /there is no shard "no-such": there are main/,
  });
  await assert.rejects(s.probe({ shard: "toString", placement: "shard" }), RangeError);
  await assert.rejects(s.probe({ restart: "always" as never }), RangeError);
  await assert.rejects(s.probe({ mailbox: { bound: 0 } }), RangeError);
  await assert.rejects(s.probe({ placement: "moon" as never }), /placement is "moon": give one of/);
  await assert.rejects(s.probe({ id: "" }), /id is "": give 1 to 128 characters/);
  await assert.rejects(s.probe({ placement: "here", box: {} }), /box is for the placements/);
  await assert.rejects(s.system.spawn({} as typeof failsToStart, { args: [""] }), TypeError);
  await assert.rejects(s.system.spawn(failsToStart, { args: [""] }, "no-group"), RangeError);
});

guarantee("a module whose default export is no actor says what to do", async (s) => {
  await assert.rejects(s.system.spawn(notTheDefault, s.place), {
    name: "SpawnError",
    message:
      /the default export of .*not_an_actor\.ts is no actor definition: give the actor a module of/,
  });
  const ref = await s.system.spawn(notTheDefault, { placement: "here" });
  await ref.ask.nothing();
}, { placements: LOADED });

guarantee("a module that cannot be loaded is the spawner's error, with the cause", async (s) => {
  const at = (file: string) => ({
    url: new URL(`./testing/${file}`, import.meta.url).href,
    factory: () => ({}),
  });
  const failsWith = (file: string, message: RegExp) =>
    assert.rejects(s.system.spawn(at(file), s.place), { name: "SpawnError", message });
  await failsWith("throws_on_load.ts", /throws_on_load.* RangeError: this module cannot be loaded/);
  await failsWith("is_not_there.ts", /(Module not found|could not be loaded).*is_not_there\.ts/);
  await failsWith(
    "starts_a_system.ts",
    s.placement === "process"
      ? /No matching export in .* for import "ActorSystem"/ // what an untrusted agent has no use for
      : /an actor's module starts a node when it is loaded: move the actor to a file of its own/,
  );
  assert.equal(await (await s.probe()).ask.echo("the next one lives"), "the next one lives");
}, { placements: LOADED });

guarantee("a system without shards for users says how to get one", async (s) => {
  await assert.rejects(s.probe({ placement: "shard" }), {
    name: "SpawnError",
    message: /there is no shard for users: start the system with userShards of 1 or more, or spawn/,
  });
}, { placements: ["here"] }); // the setting without shards

guarantee("an actor knows its place in the tree, and finds others by name", async (s) => {
  const parent = await s.parent(null, { name: "parent" });
  const child = await parent.ask.child({ ...s.place, name: "child" });
  assert.equal(await child.ask.where(), "parent/child");
  const found = await child.ask.lookup("parent");
  assert(sameRef(found!, parent));
  assert.equal(await child.ask.lookup("nobody"), null);
});

guarantee("an actor that does not start in time is given up, and killed when it has", async (s) => {
  const gate = await s.gate();
  const before = await s.actors();
  const starting = s.system.spawn(heldAtStart, { args: [gate], name: "held" });
  const givenUp = assert.rejects(starting, {
    name: "SpawnError",
    message: /^held did not start within 30000 ms: what its module or factory awaits must come/,
  });
  await gate.ask.arrived(1);
  s.clock.advance(30_010);
  await givenUp;
  assert.equal(await s.system.lookup("held"), undefined);
  gate.tell.open();
  while (await s.actors() !== before) await settle();
}, { fakeTime: true, placements: OF_SHARDS });
