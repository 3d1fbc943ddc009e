import assert from "node:assert/strict";
import { REF } from "../../values/mod.ts";
import { ActorError } from "../errors.ts";
import type { GroupChange } from "./group_table.ts";
import { groupHandlers, type Groups } from "./groups.ts";
import { type AnyRef, refKey } from "../ref.ts";

const slot = (shard: number, slot: number, node?: string): AnyRef => ({
  [REF]: { shard, slot, ...node !== undefined && { node } },
});

/** The handlers, what they refused and what they told. */
function setting(): {
  readonly groups: Groups;
  readonly refused: unknown[];
  readonly told: string[];
} {
  const refused: unknown[] = [];
  const told: string[] = [];
  const keys = (refs: readonly AnyRef[]) => refs.map(refKey).join(" ");
  const words = (change: GroupChange<AnyRef>) =>
    "joined" in change ? `joined ${keys(change.joined)}` : `left ${keys(change.left)}`;
  const groups = groupHandlers(
    { refuse: (error) => refused.push(error) },
    (to, handler, change) =>
      told.push(`${refKey(to)}.${handler}: ${change.group} ${words(change)}`),
  );
  return { groups, refused, told };
}

Deno.test("Groups.watch() answers with the members, and every later change is told in order", () => {
  const { groups, told } = setting();
  groups.join("workers", slot(1, 10));
  const first = groups.watch("workers", slot(2, 20), "changed");
  assert.deepEqual(first.members.map(refKey), ["1.10"]);
  groups.join("workers", slot(1, 11));
  groups.join("workers", slot(1, 11));
  groups.leave("workers", slot(1, 10));
  groups.leave("workers", slot(1, 10));
  assert.deepEqual(told, [
    "2.20.changed: workers joined 1.11",
    "2.20.changed: workers left 1.10",
  ]);
  const again = groups.watch("workers", slot(2, 20), "other");
  assert.equal(again.version, first.version + 2);
  assert.deepEqual(again.members.map(refKey), ["1.11"]);
  groups.join("workers", slot(1, 10));
  assert.deepEqual(told.splice(2), ["2.20.other: workers joined 1.10"]);
  groups.unwatch("workers", slot(2, 20));
  groups.join("workers", slot(1, 12));
  assert.equal(told.length, 2);
  assert.deepEqual(groups.members("workers").map(refKey), ["1.11", "1.10", "1.12"]);
});

Deno.test("Groups.gone() takes a slot out of all groups, and tells it nothing any more", () => {
  const { groups, told } = setting();
  for (const group of ["a", "b"]) {
    groups.join(group, slot(1, 10));
    groups.watch(group, slot(1, 10), "changed");
    groups.watch(group, slot(2, 20), "changed");
  }
  groups.gone(slot(1, 10));
  assert.deepEqual(told, ["2.20.changed: a left 1.10", "2.20.changed: b left 1.10"]);
  groups.gone(slot(1, 10));
  groups.gone(slot(3, 30));
  assert.equal(told.length, 2);
  assert.deepEqual(groups.members("a"), []);
});

Deno.test("Groups.shardLost() takes out the slots of that shard, and no others", () => {
  const { groups, told } = setting();
  for (const ref of [slot(1, 10), slot(11, 10), slot(1, 11), slot(1, 10, "node")]) {
    groups.join("workers", ref);
  }
  groups.watch("workers", slot(1, 12), "changed");
  groups.watch("workers", slot(11, 12), "changed");
  groups.shardLost(1);
  assert.deepEqual(told, ["11.12.changed: workers left 1.10 1.11"]);
  assert.deepEqual(groups.members("workers").map(refKey), ["11.10", "node/1.10"]);
});

Deno.test("Groups refuses the name of a group that is none, and fails by none", () => {
  const { groups, refused } = setting();
  groups.join("", slot(1, 10));
  groups.join("x".repeat(129), slot(1, 10));
  groups.watch("\udc00", slot(1, 10), "changed");
  groups.join(undefined as unknown as string, slot(1, 10));
  assert.deepEqual(refused.map((error) => (error as Error).name), [
    "RangeError",
    "RangeError",
    "TypeError",
    "TypeError",
  ]);
  assert(!refused.some((error) => error instanceof ActorError));
  groups.leave("", slot(1, 10));
  groups.unwatch("__proto__", slot(1, 10));
  assert.deepEqual(groups.members(""), []);
});
