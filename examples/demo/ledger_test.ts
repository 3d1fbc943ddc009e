import assert from "node:assert/strict";
import fc from "fast-check";
import { type Arrival, Ledger } from "./ledger.ts";

const TOPIC = "iot/sensor/roof/celsius";

function reading(sequence: number, more: Partial<Arrival> = {}): Arrival {
  const from = { topic: TOPIC, publisher: "a", incarnation: 1 };
  return { ...from, sequence, value: sequence, unit: "°C", ...more };
}

function entered(sequences: readonly number[]): Ledger {
  const ledger = new Ledger();
  for (const sequence of sequences) ledger.enter(reading(sequence));
  return ledger;
}

Deno.test("Ledger finds nothing wrong with readings that come once and in order", () => {
  const { summary } = entered([1, 2, 3]);
  assert.deepEqual([summary.received, summary.duplicated, summary.outOfOrder], [3, 0, 0]);
  assert.deepEqual(summary.gaps, []);
  const celsius = { unit: "°C", count: 3, last: 3, min: 1, mean: 2, max: 3 };
  assert.deepEqual(summary.metrics, { [TOPIC]: celsius });
});

Deno.test("Ledger catches a loss at the beginning and in the middle", () => {
  const gaps = entered([2, 3, 7]).summary.gaps;
  assert.deepEqual(gaps, [{ topic: TOPIC, from: 1, to: 1 }, { topic: TOPIC, from: 4, to: 6 }]);
});

Deno.test("Ledger counts what comes late as out of order, and no longer as missing", () => {
  const { summary } = entered([1, 5, 3]);
  assert.deepEqual([summary.received, summary.duplicated, summary.outOfOrder], [3, 0, 1]);
  const gaps = summary.gaps.map(({ from, to }) => [from, to]);
  assert.deepEqual(gaps, [[2, 2], [4, 4]]);
});

Deno.test("Ledger counts what comes twice as duplicated, and not in the statistics", () => {
  const { summary } = entered([1, 2, 2, 1]);
  assert.deepEqual([summary.received, summary.duplicated, summary.outOfOrder], [2, 2, 0]);
  assert.equal(summary.metrics[TOPIC]?.count, 2);
});

Deno.test("Ledger judges publishers, incarnations and topics each for itself", () => {
  const ledger = entered([1]);
  ledger.enter(reading(1, { publisher: "b" }));
  ledger.enter(reading(1, { incarnation: 2 }));
  ledger.enter(reading(1, { topic: "iot/sensor/cellar/celsius" }));
  const { received, duplicated } = ledger.summary;
  assert.deepEqual([received, duplicated], [4, 0]);
});

Deno.test("Ledger agrees with a list of all numbers, and goes on from its state", () => {
  const numbers = fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 40 });
  fc.assert(fc.property(numbers, fc.nat(40), (sequences, cut) => {
    const first = entered(sequences.slice(0, cut));
    const ledger = new Ledger(structuredClone(first.state));
    for (const sequence of sequences.slice(cut)) ledger.enter(reading(sequence));
    const { summary } = ledger;

    const seen = new Set<number>();
    let late = 0;
    for (const sequence of sequences) {
      if (!seen.has(sequence) && sequence < Math.max(0, ...seen)) late++;
      seen.add(sequence);
    }
    assert.equal(summary.received, seen.size);
    assert.equal(summary.duplicated, sequences.length - seen.size);
    assert.equal(summary.outOfOrder, late);
    const missing = summary.gaps.flatMap(({ from, to }) =>
      Array.from({ length: to - from + 1 }, (_, i) => from + i)
    );
    const below = Array.from({ length: Math.max(0, ...seen) }, (_, i) => i + 1);
    assert.deepEqual(missing, below.filter((sequence) => !seen.has(sequence)));
    const mean = [...seen].reduce((sum, n) => sum + n, 0) / seen.size;
    if (seen.size > 0) assert(Math.abs(mean - (summary.metrics[TOPIC]?.mean ?? NaN)) < 1e-9);
  }));
});
