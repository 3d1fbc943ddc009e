import assert from "node:assert/strict";
import fc from "fast-check";
import { type GroupChange, type GroupSnapshot, GroupTable } from "./group_table.ts";
import { type GroupEvent, GroupView } from "./group_view.ts";

const KEYS = ["1.1", "1.2", "2.1", "__proto__"];
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ join: fc.constantFrom(...KEYS) }) },
  { weight: 2, arbitrary: fc.record({ leave: fc.constantFrom(...KEYS) }) },
  { weight: 4, arbitrary: fc.constantFrom("answer" as const, "change" as const) },
  fc.constant("lose" as const),
);

/** A group, and the two ways on which answers and changes travel from it to one view. */
class Setting {
  readonly table = new GroupTable<string>();
  readonly answers: GroupSnapshot<string>[] = [];
  readonly changes: GroupChange<string>[] = [];
  readonly events: GroupEvent<string>[] = [];
  asked = 0;
  /** What the listener believes; `undefined` until the first snapshot. */
  believed: string[] | undefined;
  readonly view = new GroupView<string>("workers", {
    keyOf: (member) => member,
    ask: () => {
      this.asked++;
      this.answers.push(this.table.watch("workers", "9.9", (change) => this.changes.push(change)));
    },
    listener: (event) => {
      this.events.push(event);
      assert(this.believed, "nothing is told before there is a snapshot");
      if ("joined" in event) {
        for (const member of event.joined) assert(!this.believed.includes(member));
        this.believed.push(...event.joined);
      } else {
        for (const member of event.left) assert(this.believed.includes(member));
        this.believed = this.believed.filter((member) => !event.left.includes(member));
      }
    },
  });

  answer(): void {
    const answer = this.answers.shift();
    if (!answer) return;
    this.believed ??= [...answer.members];
    this.view.answered(answer);
  }

  change(): void {
    const change = this.changes.shift();
    if (change) this.view.changed(change);
  }
}

Deno.test("GroupView tells every change in order, however answers and changes cross", () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 100, size: "max" }), (steps) => {
    const setting = new Setting();
    const { table, view } = setting;
    for (const what of steps) {
      if (what === "answer") setting.answer();
      else if (what === "change") setting.change();
      else if (what === "lose") setting.changes.shift();
      else if ("join" in what) table.join("workers", what.join, what.join);
      else table.leave("workers", what.leave);
      if (setting.believed) {
        assert.deepEqual([...view.members].sort(), [...setting.believed].sort());
      }
    }
    // One more change that is not lost brings to light whatever was.
    table.join("workers", "last", "last");
    while (setting.answers.length + setting.changes.length > 0) setting.change(), setting.answer();
    assert.deepEqual(view.members, table.members("workers"));
  }));
});

Deno.test("GroupView asks no second time, and leaves nothing out, when nothing is lost", () => {
  const setting = new Setting();
  setting.table.join("workers", "1.1", "1.1");
  setting.table.join("workers", "1.2", "1.2");
  setting.change();
  setting.answer();
  setting.change();
  setting.table.leave("workers", "1.1");
  setting.change();
  assert.equal(setting.asked, 1);
  assert.deepEqual(setting.events, [
    { group: "workers", joined: ["1.1"] },
    { group: "workers", joined: ["1.2"] },
    { group: "workers", left: ["1.1"] },
  ]);
});

Deno.test("GroupView asks again after a gap, and tells what the answer adds up to", () => {
  const setting = new Setting();
  const { table } = setting;
  setting.answer();
  for (const key of ["1.1", "1.2"]) table.join("workers", key, key);
  setting.change();
  table.leave("workers", "1.1");
  setting.changes.splice(0, 1); // that 1.2 joined is lost
  setting.change();
  assert.equal(setting.asked, 2);
  assert.equal(setting.events.length, 1);
  setting.answer();
  assert.deepEqual(setting.events.slice(1), [
    { group: "workers", left: ["1.1"] },
    { group: "workers", joined: ["1.2"] },
  ]);
});
