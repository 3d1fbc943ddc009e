import assert from "node:assert/strict";
import fc from "fast-check";
import { ActorError } from "../errors.ts";
import { type GroupChange, GroupTable, MAX_GROUP_NAME_LENGTH, MAX_GROUPS } from "./group_table.ts";

const GROUPS = ["a", "b", "__proto__"];
const KEYS = ["1.1", "1.2", "2.1", "2.2", "constructor"];
const group = fc.constantFrom(...GROUPS);
const key = fc.constantFrom(...KEYS);
const command = fc.oneof(
  { weight: 4, arbitrary: fc.record({ what: fc.constant("join"), group, key }) },
  fc.record({ what: fc.constant("leave"), group, key }),
  fc.record({ what: fc.constant("gone"), group, key }),
  fc.record({ what: fc.constantFrom("shardLost", "watch", "unwatch", "unwatchAll"), group, key }),
);

/** Groups in their simplest words: pairs in the order of joining. */
class Model {
  joined: (readonly [group: string, key: string])[] = [];
  watched = new Set<string>();

  members(group: string): string[] {
    return this.joined.filter(([at]) => at === group).map(([, key]) => key);
  }

  leave(matches: (group: string, key: string) => boolean): void {
    this.joined = this.joined.filter(([group, key]) => !matches(group, key));
  }
}

/** What a watcher believes, from its snapshot and the changes alone. */
class Watcher {
  version = 0;
  members: string[] = [];

  readonly changed = (change: GroupChange<string>): void => {
    assert.equal(change.version, ++this.version, "no change is left out, or told twice");
    if ("joined" in change) {
      assert(change.joined.length > 0);
      this.members.push(...change.joined);
    } else {
      assert(change.left.length > 0);
      for (const member of change.left) assert(this.members.includes(member));
      this.members = this.members.filter((member) => !change.left.includes(member));
    }
  };
}

Deno.test("GroupTable has the members, and tells the watchers, that a list of pairs would", () => {
  fc.assert(fc.property(fc.array(command, { maxLength: 100, size: "max" }), (commands) => {
    const table = new GroupTable<string>();
    const model = new Model();
    const watchers = new Map<string, Watcher>();
    for (const { what, group, key } of commands) {
      const isIn = model.members(group).includes(key);
      const ofShard = (other: string) => other.startsWith(key.slice(0, 2));
      const watch = `${group} ${key}`;
      switch (what) {
        case "join":
          assert.equal(table.join(group, key, key), !isIn);
          if (!isIn) model.joined.push([group, key]);
          break;
        case "leave":
          assert.equal(table.leave(group, key), isIn);
          model.leave((g, k) => g === group && k === key);
          break;
        case "gone": {
          const before = model.joined.length;
          model.leave((_, k) => k === key);
          assert.equal(table.memberGone(key), before - model.joined.length);
          break;
        }
        case "shardLost":
          table.membersGone(ofShard);
          model.leave((_, k) => ofShard(k));
          break;
        case "watch": {
          const watcher = new Watcher();
          const { version, members } = table.watch(group, key, watcher.changed);
          Object.assign(watcher, { version, members: [...members] });
          watchers.set(watch, watcher);
          break;
        }
        case "unwatch":
          assert.equal(table.unwatch(group, key), watchers.delete(watch));
          break;
        default: {
          const gone = [...watchers.keys()].filter((name) => name.endsWith(` ${key}`));
          assert.equal(table.watcherGone(key), gone.length);
          for (const name of gone) watchers.delete(name);
        }
      }
      for (const name of GROUPS) assert.deepEqual(table.members(name), model.members(name));
      for (const [name, { members }] of watchers) {
        assert.deepEqual(members, model.members(name.split(" ")[0]!));
      }
      const kept = [...watchers.keys()].map((name) => name.split(" ")[0]);
      assert.equal(table.size, new Set([...kept, ...model.joined.map(([at]) => at)]).size);
    }
  }));
});

Deno.test("GroupTable.join() keeps a member that joined twice in its place, and one leave undoes it", () => {
  const table = new GroupTable<string>();
  assert.equal(table.join("workers", "1.1", "first"), true);
  table.join("workers", "1.2", "second");
  assert.equal(table.join("workers", "1.1", "again"), false);
  assert.deepEqual(table.members("workers"), ["first", "second"]);
  assert.equal(table.leave("workers", "1.1"), true);
  assert.deepEqual(table.members("workers"), ["second"]);
});

Deno.test("GroupTable.membersGone() tells of all that leave a group in one change", () => {
  const table = new GroupTable<string>();
  const changes: GroupChange<string>[] = [];
  for (const key of ["1.1", "2.1", "1.2"]) table.join("workers", key, key);
  const { version } = table.watch("workers", "9.9", (change) => changes.push(change));
  table.membersGone((key) => key.startsWith("1."));
  assert.deepEqual(changes, [{ group: "workers", version: version + 1, left: ["1.1", "1.2"] }]);
});

Deno.test("GroupTable.watch() of a group that began again has no version that is older", () => {
  const table = new GroupTable<string>();
  let last = 0;
  table.watch("workers", "9.9", ({ version }) => last = version);
  table.join("workers", "1.1", "worker");
  table.leave("workers", "1.1");
  table.unwatch("workers", "9.9");
  assert.equal(table.size, 0);
  assert(table.watch("workers", "9.9", () => {}).version >= last);
});

Deno.test("GroupTable.watchersGone() forgets the watchers that match, and no members", () => {
  const table = new GroupTable<string>();
  table.join("workers", "1.1", "worker");
  table.watch("workers", "1.1", () => assert.fail("it is gone"));
  table.watch("empty", "1.2", () => assert.fail("it is gone"));
  table.watchersGone((key) => key.startsWith("1."));
  assert.equal(table.size, 1);
  table.join("workers", "2.1", "another");
  assert.deepEqual(table.members("workers"), ["worker", "another"]);
});

Deno.test("GroupTable refuses a group more than there may be, and takes it when one has ended", () => {
  const table = new GroupTable<string>();
  for (let i = 0; i < MAX_GROUPS; i++) table.join(`group ${i}`, "1.1", "worker");
  const isTooMany = (error: unknown) =>
    error instanceof ActorError && error.code === "too-many-groups";
  assert.throws(() => table.join("one more", "1.1", "worker"), isTooMany);
  assert.throws(() => table.watch("one more", "1.1", () => {}), isTooMany);
  table.join("group 7", "1.2", "another");
  assert.deepEqual(table.members("one more"), []);
  assert.equal(table.size, MAX_GROUPS, "asking for members makes no group");
  assert.equal(table.memberGone("1.1"), MAX_GROUPS);
  assert.equal(table.size, 1);
  assert.equal(table.join("one more", "1.1", "worker"), true);
});

Deno.test("GroupTable takes names of 1 to 128 well-formed characters", () => {
  const table = new GroupTable<string>();
  for (const name of ["g", "a/b c", "ü💡", "x".repeat(MAX_GROUP_NAME_LENGTH)]) {
    assert.equal(table.join(name, "1.1", "worker"), true);
  }
  for (const name of ["", "x".repeat(MAX_GROUP_NAME_LENGTH + 1)]) {
    assert.throws(() => table.join(name, "1.1", "worker"), RangeError);
  }
  for (const name of ["\ud83d", 7 as unknown as string, null as unknown as string]) {
    assert.throws(() => table.watch(name, "1.1", () => {}), TypeError);
  }
  assert.equal(table.size, 4);
});
