import assert from "node:assert/strict";
import fc from "fast-check";
import { type Arrival, Ledger } from "./ledger.ts";

const TOPIC = "iot/sensor/roof/celsius";

/** A reading of a publisher that has one topic: both of its numbers are the same. */
function reading(sequence: number, more: Partial<Arrival> = {}): Arrival {
  const from = { topic: TOPIC, publisher: "a", incarnation: 1 };
  return { ...from, sequence, n: sequence, value: sequence, unit: "°C", ...more };
}

function entered(sequences: readonly number[]): Ledger {
  const ledger = new Ledger();
  for (const sequence of sequences) ledger.enter(reading(sequence));
  return ledger;
}

Deno.test("Ledger finds nothing wrong with readings that come once and in order", () => {
  const { summary } = entered([1, 2, 3]);
  assert.deepEqual([summary.received, summary.duplicated, summary.outOfOrder], [3, 0, 0]);
  assert.deepEqual(summary.publishers, [
    { publisher: "a", incarnation: 1, highest: 3, missing: [] },
  ]);
  const celsius = { unit: "°C", count: 3, last: 3, min: 1, mean: 2, max: 3 };
  assert.deepEqual(summary.metrics, { [TOPIC]: celsius });
});

Deno.test("Ledger catches a loss at the beginning and in the middle", () => {
  const [record] = entered([2, 3, 7]).summary.publishers;
  assert.deepEqual(record?.missing, [{ from: 1, to: 1 }, { from: 4, to: 6 }]);
});

Deno.test("Ledger finds one gap in all that a publisher published, whatever the topics", () => {
  const ledger = new Ledger();
  const other = "iot/sensor/cellar/celsius";
  ledger.enter(reading(1));
  ledger.enter(reading(1, { topic: other, n: 2 }));
  ledger.enter(reading(5, { topic: other, n: 10 })); // 3 to 9 are of both topics
  ledger.enter(reading(6, { n: 11 }));
  const { publishers, outOfOrder } = ledger.summary;
  assert.deepEqual(publishers.map(({ missing }) => missing), [[{ from: 3, to: 9 }]]);
  assert.equal(outOfOrder, 0);
});

Deno.test("Ledger counts what comes late as out of order, and no longer as missing", () => {
  const { received, duplicated, outOfOrder, publishers } = entered([1, 5, 3]).summary;
  assert.deepEqual([received, duplicated, outOfOrder], [3, 0, 1]);
  assert.deepEqual(publishers[0]?.missing, [{ from: 2, to: 2 }, { from: 4, to: 4 }]);
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
  ledger.enter(reading(1, { topic: "iot/sensor/cellar/celsius", n: 2 }));
  const { received, duplicated, publishers } = ledger.summary;
  assert.deepEqual([received, duplicated], [4, 0]);
  const highest = publishers.map((one) => [one.publisher, one.incarnation, one.highest]);
  assert.deepEqual(highest, [["a", 1, 2], ["b", 1, 1], ["a", 2, 1]]);
  assert.equal(ledger.highest, 2);
});

Deno.test("Ledger agrees with a list of all numbers, and goes on from its state", () => {
  const numbers = fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 40 });
  fc.assert(fc.property(numbers, fc.nat(40), (sequences, cut) => {
    const first = entered(sequences.slice(0, cut));
    const ledger = new Ledger(structuredClone(first.state));
    for (const sequence of sequences.slice(cut)) ledger.enter(reading(sequence));
    assert.deepEqual(ledger.state, entered(sequences).state);

    const seen = new Set<number>();
    let late = 0;
    for (const sequence of sequences) {
      if (!seen.has(sequence) && sequence < Math.max(0, ...seen)) late++;
      seen.add(sequence);
    }
    const { received, duplicated, outOfOrder, metrics } = ledger.summary;
    assert.deepEqual(
      [received, duplicated, outOfOrder],
      [seen.size, sequences.length - seen.size, late],
    );
    const mean = [...seen].reduce((sum, n) => sum + n, 0) / seen.size;
    if (seen.size > 0) assert(Math.abs(mean - (metrics[TOPIC]?.mean ?? NaN)) < 1e-9);
  }));
});
