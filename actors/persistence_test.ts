import assert from "node:assert/strict";
import { decodeValue, encodeValue, ValueError } from "../values/mod.ts";
import { defineActor, EndedError, HandlerError, SpawnError } from "./mod.ts";
import { settle } from "./testing.ts";
import { guarantee, OF_ANY_SIZE, SAME_ISOLATE } from "./testing/conformance.ts";

guarantee("an actor that persists starts with what was saved last under its name", async (s) => {
  const store = await s.store();
  const first = await s.keeper();
  assert.deepEqual(await first.ask.words(), [], "nothing was saved yet");
  await first.ask.note("one");
  await s.system.stopActor(first);
  assert.deepEqual(await store.ask.stored("keeper"), ["one"]);
  const second = await s.keeper();
  assert.deepEqual(await second.ask.words(), ["one"]);
  const other = await s.keeper({ name: "another" });
  assert.deepEqual(await other.ask.words(), []);
});

guarantee("what a stop hook changes is saved, and so is what stops itself", async (s) => {
  const store = await s.store();
  const actor = await s.keeper();
  await actor.ask.noteOnStop("by the hook");
  const down = s.down(actor);
  await actor.ask.stop();
  assert.equal((await down).kind, "normal");
  assert.deepEqual(await store.ask.stored("keeper"), ["by the hook"]);
});

guarantee("ctx.save() settles when what is kept now is durable", async (s) => {
  const store = await s.store();
  const actor = await s.keeper();
  await actor.ask.noteAndSave("one");
  assert.deepEqual(await store.ask.stored("keeper"), ["one"]);
  await store.ask.hold();
  let saved = false;
  const saving = actor.ask.noteAndSave("two").then(() => saved = true);
  await store.ask.beginning(2);
  assert.deepEqual(await actor.ask.words(), ["one", "two"], "it handles messages meanwhile");
  assert.equal(saved, false);
  store.tell.release();
  await saving;
  assert.deepEqual(await store.ask.stored("keeper"), ["one", "two"]);
});

guarantee("of saves during a save the newest state wins, and they share one", async (s) => {
  const store = await s.store();
  const actor = await s.keeper();
  await store.ask.hold();
  const saves = Promise.all(["a", "b", "c", "d"].map((word) => actor.ask.noteAndSave(word)));
  await actor.ask.words();
  await store.ask.beginning(1);
  assert.deepEqual(await store.ask.begun(), [["a"]]);
  store.tell.release();
  await saves;
  assert.deepEqual(await store.ask.begun(), [["a"], ["a", "b", "c", "d"]]);
});

guarantee("a save in flight when its actor is stopped is followed by the last state", async (s) => {
  const store = await s.store();
  const actor = await s.keeper();
  await store.ask.hold();
  const first = actor.ask.noteAndSave("first");
  await store.ask.beginning(1);
  const waiting = actor.ask.noteAndSave("waiting");
  await actor.ask.note("last");
  const replies = Promise.allSettled([first, waiting]); // a box may be gone before it can reply
  const stopped = s.system.stopActor(actor);
  await settle();
  store.tell.release();
  await Promise.all([stopped, replies]);
  const begun = await store.ask.begun() as string[][];
  assert.deepEqual([begun[0], begun.at(-1)], [["first"], ["first", "waiting", "last"]]);
  assert.deepEqual(await store.ask.stored("keeper"), ["first", "waiting", "last"]);
});

guarantee("an actor whose last save takes too long is killed", async (s) => {
  const store = await s.store();
  const actor = await s.keeper({ shutdownMs: 50 });
  await store.ask.hold();
  const down = s.down(actor);
  const stopped = s.system.stopActor(actor);
  await store.ask.beginning(1);
  s.clock.advance(50);
  await stopped;
  assert.equal((await down).kind, "killed");
  store.tell.release();
}, { fakeTime: true });

guarantee("what fails goes on with what it kept, and disk has what it saved", async (s) => {
  const store = await s.store();
  const actor = await s.keeper();
  await actor.ask.noteAndSave("saved");
  await actor.ask.note("kept");
  await assert.rejects(actor.ask.fail(), HandlerError);
  assert.deepEqual(await actor.ask.words(), ["saved", "kept"]);
  assert.deepEqual(await store.ask.stored("keeper"), ["saved"]);
  await s.system.stopActor(actor);
  assert.deepEqual(await store.ask.stored("keeper"), ["saved", "kept"]);
});

guarantee("an actor that fails for good leaves on disk what it saved", async (s) => {
  const store = await s.store();
  const actor = await s.keeper({ restart: "temporary" });
  await actor.ask.noteAndSave("saved");
  await actor.ask.note("kept");
  const down = s.down(actor);
  await assert.rejects(actor.ask.fail(), HandlerError);
  await down;
  assert.deepEqual(await store.ask.stored("keeper"), ["saved"]);
});

guarantee("a dead incarnation saves nothing, and its save that waits is dropped", async (s) => {
  const store = await s.store();
  const actor = await s.keeper();
  await store.ask.hold();
  const first = assert.rejects(actor.ask.noteAndSave("first"), EndedError);
  await store.ask.beginning(1);
  const waiting = assert.rejects(actor.ask.noteAndSave("waiting"), EndedError);
  await assert.rejects(actor.ask.fail(), HandlerError);
  await Promise.all([first, waiting]);
  store.tell.release();
  if (SAME_ISOLATE.includes(s.placement)) {
    assert.equal(await actor.ask.saveOfTheDead(), "ended");
  }
  await actor.ask.noteAndSave("second life");
  assert.deepEqual(await store.ask.begun(), [["first"], ["first", "waiting", "second life"]]);
});

guarantee("a save that fails is its caller's error, and reported", async (s) => {
  const store = await s.store();
  const actor = await s.keeper();
  await store.ask.failWith("the disk is full");
  await assert.rejects(actor.ask.noteAndSave("a"), { message: "the disk is full" });
  await actor.ask.saveUnheard();
  await s.crashed(2);
  assert.deepEqual(
    s.crashes.map(({ actor, handler, error }) => `${actor} ${handler} ${error}`),
    Array(2).fill("keeper (save) HandlerError: the disk is full"),
  );
  await store.ask.failWith("");
  await actor.ask.noteAndSave("b");
  assert.deepEqual(await store.ask.stored("keeper"), ["a", "b"]);
});

guarantee("a last save that fails is reported, and the actor ends", async (s) => {
  const store = await s.store();
  const actor = await s.keeper();
  await store.ask.failWith("the disk is full");
  const down = s.down(actor);
  await s.system.stopActor(actor);
  assert.equal((await down).kind, "shutdown");
  await s.crashed(1);
  assert.equal(s.crashes[0]!.handler, "(save)");

  const second = await s.keeper();
  await second.ask.keepRef();
  await s.system.stopActor(second);
  await s.crashed(2);
  assert.match(s.crashes[1]!.error, /^ValueError: kept\.to\[0\] is a ref/);
});

guarantee("ctx.save() refuses state that has a ref or is too large", async (s) => {
  const store = await s.store();
  const actor = await s.keeper();
  await actor.ask.keepRef();
  await assert.rejects(actor.ask.noteAndSave("x"), ValueError);
  await actor.ask.keepMuch(2 ** 24);
  await assert.rejects(actor.ask.noteAndSave("x"), /"keeper" keeps 16777221 bytes, the limit is/);
  await actor.ask.keepMuch(2 ** 24 - 5);
  await actor.ask.noteAndSave("x");
  assert.equal((await store.ask.begun()).length, 1);
}, { placements: OF_ANY_SIZE });

guarantee("ctx.save() refuses an actor that does not persist, or keeps nothing", async (s) => {
  await s.store();
  const passing = await s.keeper({ persist: false });
  await assert.rejects(passing.ask.noteAndSave("x"), {
    data: { name: "TypeError" },
    message: /^keeper cannot save: spawn it with \{ name: "…", persist: true \} on a node with/,
  });
  await s.system.stopActor(passing);
  const probe = await s.probe({ name: "probe", persist: true });
  await assert.rejects(probe.ask.save(), {
    data: { name: "TypeError" },
    message: '"probe" keeps nothing to save: call ctx.keep(() => state) first',
  });
});

guarantee("an actor that persists and keeps nothing leaves what is stored", async (s) => {
  const store = await s.store();
  await store.ask.put("probe", encodeValue(7, "state"));
  const probe = await s.probe({ name: "probe", persist: true });
  assert.equal(await probe.ask.kept() as unknown, 7);
  await s.system.stopActor(probe);
  assert.equal(await store.ask.stored("probe"), 7);
  assert.deepEqual(await store.ask.begun(), []);
});

guarantee("an actor whose stored state cannot be decoded does not start", async (s) => {
  const store = await s.store();
  await store.ask.put("keeper", Uint8Array.of(0xff));
  await assert.rejects(s.keeper(), (error) => {
    assert(error instanceof SpawnError);
    assert.match(
      error.message,
      /^keeper did not start: Error: what is stored as "keeper" cannot be decoded \(ValueError: /,
    );
    return true;
  });
  await store.ask.put("keeper", encodeValue(["mended"], "state"));
  assert.deepEqual(await (await s.keeper()).ask.words(), ["mended"], "its name was free again");
});

guarantee("an actor that persists does not start without a store", async (s) => {
  const before = await s.actors();
  await assert.rejects(s.keeper(), {
    code: "no-store",
    message: /^there is nowhere to persist keeper: a node needs a data folder for that/,
  });
  assert.equal(await s.actors(), before);
  const store = await s.store();
  await s.system.stopActor(store);
  await assert.rejects(s.keeper(), SpawnError);
});

guarantee("a system that stops saves what its actors keep", async (s) => {
  const saved = new Map<string, unknown>();
  const store = defineActor(import.meta, () => ({
    load: () => null,
    save: (name: string, state: Uint8Array) => void saved.set(name, decodeValue(state, "state")),
  }));
  await s.system.attachStore(await s.system.spawn(store, { placement: "here" }));
  for (const name of ["a", "b"]) await (await s.keeper({ name })).ask.note(name);
  await s.system.stop();
  assert.deepEqual(saved, new Map([["b", ["b"]], ["a", ["a"]]]));
});

guarantee("a load that is under way when the system stops is given up", async (s) => {
  const gate = await s.gate();
  const store = defineActor(import.meta, () => ({
    async load(): Promise<null> {
      await gate.ask.pass();
      return null;
    },
  }));
  await s.system.attachStore(await s.system.spawn(store, { placement: "here", shutdownMs: 0 }));
  const starting = assert.rejects(s.keeper({ shutdownMs: 0 }));
  await gate.ask.arrived(1);
  const stopped = s.system.stop();
  let over = false;
  void Promise.all([starting, stopped]).then(() => over = true);
  while (!over) {
    s.clock.advance(1);
    await settle();
  }
  assert.equal(s.clock.pending, 0);
}, { fakeTime: true });
