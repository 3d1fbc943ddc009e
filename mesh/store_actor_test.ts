import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { ActorSystem, HandlerError, type KeptStore, type Ref, SpawnError } from "../actors/mod.ts";
import { decodeValue } from "../values/mod.ts";
import { DATABASE_FILE } from "./node_database.ts";
import storeActor from "./store_actor.ts";
import diary from "./testdata/diary.ts";

interface Setting {
  readonly folder: string;
  readonly system: ActorSystem;
  readonly store: Ref<KeptStore>;
}

/** Runs a test with a store over a folder of its own. */
async function withStore(test: (setting: Setting) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await using system = await ActorSystem.start({ userShards: 0 });
    const store = await startStore(system, folder);
    await test({ folder, system, store });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function startStore(system: ActorSystem, folder: string): Promise<Ref<KeptStore>> {
  const store = await system.spawn(storeActor, { args: [folder], placement: "here" });
  await system.attachStore(store);
  return store;
}

Deno.test("the store gives back what was saved last under a name", () =>
  withStore(async ({ store }) => {
    assert.equal(await store.ask.load("a"), null);
    await store.ask.save("a", Uint8Array.of(1));
    await store.ask.save("b", new Uint8Array());
    await store.ask.save("a", Uint8Array.of(2, 3));
    assert.deepEqual(await store.ask.load("a"), Uint8Array.of(2, 3));
    assert.deepEqual(await store.ask.load("b"), new Uint8Array());
    const large = new Uint8Array(1_000_000).fill(7);
    await store.ask.save("large", large);
    assert.deepEqual(await store.ask.load("large"), large);
  }));

Deno.test("the store closes the database when it ends, and the next one has all of it", () =>
  withStore(async ({ folder, system, store }) => {
    await store.ask.save("a", Uint8Array.of(1));
    await system.stopActor(store);
    const files = [...Deno.readDirSync(folder)].map(({ name }) => name);
    assert.deepEqual(files, [DATABASE_FILE], "the log was taken into the database");
    const next = await startStore(system, folder);
    assert.deepEqual(await next.ask.load("a"), Uint8Array.of(1));
  }));

Deno.test({
  name: "what was saved is there after its process was killed",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const script = new URL("./testdata/save_and_be_killed.ts", import.meta.url);
    await withStore(async ({ folder, system, store }) => {
      await system.stopActor(store);
      for (const word of ["first life", "second life"]) {
        const { signal, stderr } = await new Deno.Command(Deno.execPath(), {
          args: ["run", "--no-lock", "-A", script.href, folder, word],
          stderr: "piped",
        }).output();
        assert.equal(signal, "SIGKILL", new TextDecoder().decode(stderr));
      }
      await startStore(system, folder);
      const ref = await system.spawn(diary, { name: "diary", persist: true, placement: "here" });
      assert.deepEqual(await ref.ask.words(), ["first life", "second life"]);
    });
  },
});

Deno.test("a save that the disk refuses fails its asker, and the store lives", () =>
  withStore(async ({ folder, store }) => {
    await store.ask.save("a", Uint8Array.of(1));
    const other = new DatabaseSync(join(folder, DATABASE_FILE));
    other.exec("BEGIN IMMEDIATE");
    await assert.rejects(store.ask.save("a", Uint8Array.of(2)), (error) => {
      assert(error instanceof HandlerError);
      assert.match(error.message, /node\.db: saving "a" failed: database is locked$/);
      return true;
    });
    other.exec("ROLLBACK");
    other.close();
    await store.ask.save("a", Uint8Array.of(3));
    assert.deepEqual(await store.ask.load("a"), Uint8Array.of(3));
  }));

Deno.test("a store over a file that is no database does not start, and says which", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(folder, DATABASE_FILE), "no database\n");
    await using system = await ActorSystem.start({ userShards: 0 });
    await assert.rejects(startStore(system, folder), (error) => {
      assert(error instanceof SpawnError);
      assert(error.message.includes(join(folder, DATABASE_FILE)), error.message);
      assert.match(error.message, /cannot be read as a database .*restore it/);
      return true;
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("what an actor keeps when the system stops is in the database", () =>
  withStore(async ({ folder, system }) => {
    const ref = await system.spawn(diary, { name: "diary", persist: true, placement: "here" });
    await ref.ask.note("kept");
    await system.stop();
    const db = new DatabaseSync(join(folder, DATABASE_FILE));
    const { state, saved_ms } = db.prepare("SELECT * FROM kept WHERE name = 'diary'").get()!;
    db.close();
    assert.deepEqual(decodeValue(state as Uint8Array, "state"), ["kept"]);
    assert(Number(saved_ms) > 0);
  }));
