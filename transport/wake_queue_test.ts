import assert from "node:assert/strict";
import fc from "fast-check";
import { type Sleeper, WakeQueue } from "./wake_queue.ts";

const sleepers = (count: number): Sleeper[] =>
  Array.from({ length: count }, () => ({ wakeAt: Infinity, wakeIndex: -1 }));

Deno.test("WakeQueue wakes whoever is due, the earliest first, as a sorted list would", () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant("set"), who: fc.nat(19), at: fc.nat(100) }),
    fc.record({ do: fc.constant("remove"), who: fc.nat(19), at: fc.constant(0) }),
    fc.record({ do: fc.constant("due"), who: fc.constant(0), at: fc.nat(100) }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
    const all = sleepers(20);
    const queue = new WakeQueue<Sleeper>();
    const model = new Map<Sleeper, number>();
    for (const { do: what, who, at } of steps) {
      const sleeper = all[who]!;
      if (what === "set") {
        queue.set(sleeper, at);
        model.set(sleeper, at);
      } else if (what === "remove") {
        queue.remove(sleeper);
        model.delete(sleeper);
      } else {
        const woken: number[] = [];
        for (let next = queue.due(at); next; next = queue.due(at)) {
          woken.push(model.get(next)!);
          model.delete(next);
        }
        assert.deepEqual(woken, woken.toSorted((a, b) => a - b));
        assert([...model.values()].every((left) => left > at), "someone who was due still sleeps");
      }
      assert.equal(queue.size, model.size);
      assert.equal(queue.earliest, Math.min(...model.values()));
    }
  }));
});

Deno.test("WakeQueue.set() with Infinity lets a sleeper sleep for ever", () => {
  const queue = new WakeQueue<Sleeper>();
  const [a, b] = sleepers(2) as [Sleeper, Sleeper];
  queue.set(a, 5);
  queue.set(b, 7);
  queue.set(a, Infinity);
  assert.equal(queue.earliest, 7);
  assert.equal(queue.due(1000), b);
  assert.equal(queue.due(1000), undefined);
});
