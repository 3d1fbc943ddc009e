import assert from "node:assert/strict";
import fc from "fast-check";
import { LATE_MEMORY, MAX_IN_FLIGHT, MAX_QUEUED } from "./constants.ts";
import { InFlight } from "./in_flight.ts";

Deno.test("InFlight.answered() takes an answer from the peer that was asked, once", () => {
  const flights = new InFlight<string>(100);
  const id = flights.add("ada", "question") as number;
  assert.equal(id, 100);
  assert.equal(flights.answered("eve", id), undefined);
  assert.equal(flights.answered("ada", id + 1), undefined);
  assert.equal(flights.answered("ada", id), "question");
  assert.equal(flights.answered("ada", id), undefined);
});

Deno.test("InFlight.answered() tells a late answer from one that nobody asked for", () => {
  const flights = new InFlight<string>(1);
  const id = flights.add("ada", "question") as number;
  assert.equal(flights.overdue(id), "question");
  assert.equal(flights.overdue(id), undefined);
  assert.equal(flights.answered("ada", id), "late");
  assert.equal(flights.answered("ada", id), undefined);
  for (let i = 0; i < LATE_MEMORY + 1; i++) flights.overdue(flights.add("ada", "x") as number);
  assert.equal(flights.answered("ada", id + 1), undefined, "the oldest is forgotten");
});

Deno.test("InFlight.add() holds up what is too much for one peer, and refuses what is far more", () => {
  const flights = new InFlight<number>(1);
  const ids = Array.from({ length: MAX_IN_FLIGHT }, (_, i) => flights.add("ada", i) as number);
  for (let i = 0; i < MAX_QUEUED; i++) assert.equal(flights.add("ada", 1_000 + i), null);
  assert.equal(flights.add("ada", 0), undefined);
  assert.equal(typeof flights.add("bob", 0), "number");
  assert.equal(flights.next("ada"), undefined);
  flights.answered("ada", ids[0] as number);
  assert.equal(flights.next("ada")?.request, 1_000);
  assert.equal(flights.next("ada"), undefined);
});

Deno.test("InFlight.drop() takes what is under way to a peer, and what waits if asked to", () => {
  const flights = new InFlight<number>(1);
  for (let i = 0; i < MAX_IN_FLIGHT + 2; i++) flights.add("ada", i);
  assert.equal(flights.drop("ada", false).length, MAX_IN_FLIGHT);
  assert.deepEqual(flights.drop("ada", true), [MAX_IN_FLIGHT, MAX_IN_FLIGHT + 1]);
  assert.equal(flights.size, 0);
});

Deno.test("InFlight settles every request exactly once, whatever happens", () => {
  const steps = fc.array(
    fc.record({
      what: fc.constantFrom("add", "add", "add", "answered", "overdue", "drop", "next"),
      peer: fc.constantFrom("ada", "bob"),
      id: fc.nat(40),
    }),
    { maxLength: 400 },
  );
  fc.assert(fc.property(steps, (happened) => {
    const flights = new InFlight<number>(0);
    const open = new Set<number>();
    const settle = (request: number) => assert(open.delete(request), "settled twice");
    for (const [i, { what, peer, id }] of happened.entries()) {
      if (what === "add") {
        if (flights.add(peer, i) !== undefined) open.add(i);
      } else if (what === "answered") {
        const request = flights.answered(peer, id);
        if (typeof request === "number") settle(request);
      } else if (what === "overdue") {
        const request = flights.overdue(id);
        if (request !== undefined) settle(request);
      } else if (what === "drop") flights.drop(peer, true).forEach(settle);
      else flights.next(peer);
    }
    for (const peer of ["ada", "bob"]) flights.drop(peer, true).forEach(settle);
    assert.equal(open.size, 0);
  }));
});
