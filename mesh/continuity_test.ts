import assert from "node:assert/strict";
import fc from "fast-check";
import { Continuity, MAX_GAPS, type Verdict } from "./continuity.ts";

/** Judges the sequences of one stream. */
function judge(continuity: Continuity, sequences: number[], incarnation = 1): string[] {
  return sequences.map((sequence) => continuity.see("p", incarnation, "lob/t", sequence).kind);
}

Deno.test("Continuity.see() tells first, next, gap, late and duplicate apart", () => {
  const continuity = new Continuity();
  assert.deepEqual(judge(continuity, [1, 2, 2]), ["first", "next", "duplicate"]);
  const gap = continuity.see("p", 1, "lob/t", 6);
  assert.deepEqual(gap, { kind: "gap", missing: 3, firstMissing: 3 });
  assert.deepEqual(judge(continuity, [4, 4, 5, 3, 3, 7]), [
    ...["late", "duplicate", "late", "late", "duplicate", "next"],
  ]);
  assert.deepEqual(continuity.counts, {
    seen: 10,
    duplicates: 3,
    late: 3,
    stale: 0,
    gaps: 1,
    missing: 0,
  });
});

Deno.test("Continuity.see() begins where the subscriber joins, and judges earlier ones stale", () => {
  const continuity = new Continuity();
  assert.deepEqual(judge(continuity, [41, 40, 42, 1]), ["first", "stale", "next", "stale"]);
  assert.equal(continuity.counts.missing, 0);
});

Deno.test("Continuity.see() begins anew with a newer incarnation and judges older ones stale", () => {
  const continuity = new Continuity();
  assert.deepEqual(judge(continuity, [1, 4], 7), ["first", "gap"]);
  assert.deepEqual(judge(continuity, [3, 5], 9), ["first", "gap"]);
  assert.deepEqual(judge(continuity, [2, 5, 9], 7), ["stale", "stale", "stale"]);
  assert.deepEqual(judge(continuity, [4, 6], 9), ["late", "next"]);
  assert.deepEqual(judge(continuity, [1], 8), ["stale"]);
  assert.deepEqual(continuity.counts.missing, 2, "what the old incarnation lost stays lost");
});

Deno.test("Continuity.see() keeps publishers and topics apart", () => {
  const continuity = new Continuity();
  const streams = [["p", "a/b"], ["p", "a/c"], ["q", "a/b"], ["pa", "/b"]] as const;
  for (const [publisher, topic] of streams) {
    assert.equal(continuity.see(publisher, 1, topic, 1).kind, "first");
  }
  for (const [publisher, topic] of streams) {
    assert.equal(continuity.see(publisher, 1, topic, 2).kind, "next");
  }
  assert.equal(continuity.see("p", 2, "a/b", 1).kind, "first");
  assert.equal(continuity.see("p", 1, "a/c", 3).kind, "next", "judged stream by stream");
  assert.equal(continuity.size, 4);
});

/** Ten lines that remember everything. */
class Model {
  readonly #streams = new Map<string, { incarnation: number; start: number; seen: Set<number> }>();

  see(publisher: string, incarnation: number, topic: string, sequence: number): Verdict {
    const key = JSON.stringify([publisher, topic]);
    const stream = this.#streams.get(key);
    if (stream === undefined || incarnation > stream.incarnation) {
      this.#streams.set(key, { incarnation, start: sequence, seen: new Set([sequence]) });
      return { kind: "first" };
    }
    const { start, seen } = stream;
    if (incarnation < stream.incarnation || sequence < start) return { kind: "stale" };
    if (seen.has(sequence)) return { kind: "duplicate" };
    const highest = Math.max(...seen);
    seen.add(sequence);
    if (sequence < highest) return { kind: "late" };
    const missing = sequence - highest - 1;
    return missing === 0 ? { kind: "next" } : { kind: "gap", missing, firstMissing: highest + 1 };
  }

  get missing(): number {
    let missing = 0;
    for (const { start, seen } of this.#streams.values()) {
      missing += Math.max(...seen) - start + 1 - seen.size;
    }
    return missing;
  }
}

Deno.test("Continuity agrees with a set of everything seen, whatever is lost, doubled or shuffled", () => {
  const anyPublication = fc.record({
    publisher: fc.constantFrom("p", "q"),
    incarnation: fc.constantFrom(1, 1, 1, 1, 1, 2),
    topic: fc.constantFrom("a/b", "a/c"),
    sequence: fc.integer({ min: 1, max: 60 }),
  });
  fc.assert(
    fc.property(fc.array(anyPublication, { maxLength: 200, size: "max" }), (publications) => {
      const continuity = new Continuity();
      const model = new Model();
      const kinds: string[] = [];
      for (const { publisher, incarnation, topic, sequence } of publications) {
        const verdict = continuity.see(publisher, incarnation, topic, sequence);
        assert.deepEqual(verdict, model.see(publisher, incarnation, topic, sequence));
        kinds.push(verdict.kind);
      }
      const count = (kind: string) => kinds.filter((other) => other === kind).length;
      const { seen, duplicates, late, stale, gaps, missing } = continuity.counts;
      assert.deepEqual(
        { seen, duplicates, late, stale, gaps },
        {
          seen: publications.length,
          duplicates: count("duplicate"),
          late: count("late"),
          stale: count("stale"),
          gaps: count("gap"),
        },
      );
      if (publications.every(({ incarnation }) => incarnation === 1)) {
        assert.equal(missing, model.missing);
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("Continuity delivers a whole stream once when nothing is lost for good", () => {
  const whole = Array.from({ length: 100 }, (_, i) => i + 2);
  const anyOrder = fc.shuffledSubarray([...whole, ...whole], { minLength: 200, maxLength: 200 });
  fc.assert(fc.property(anyOrder, (order) => {
    const continuity = new Continuity();
    const kinds = judge(continuity, [1, ...order]);
    const fresh = kinds.filter((kind) => kind !== "duplicate");
    assert.equal(fresh.length, 101);
    assert.equal(continuity.counts.missing, 0);
  }));
});

Deno.test("Continuity forgets the lowest ranges beyond 64, and takes what comes of them for duplicates", () => {
  const continuity = new Continuity();
  const odd = Array.from({ length: MAX_GAPS + 3 }, (_, i) => 2 * i + 1);
  judge(continuity, odd);
  assert.equal(continuity.counts.missing, MAX_GAPS + 2);
  assert.deepEqual(judge(continuity, [2, 4, 6, 8]), ["duplicate", "duplicate", "late", "late"]);
  assert.equal(continuity.counts.missing, MAX_GAPS);
});

Deno.test("Continuity holds the bound on ranges when a late publication splits one", () => {
  const continuity = new Continuity();
  judge(continuity, [1, 10, ...Array.from({ length: MAX_GAPS - 1 }, (_, i) => 12 + 2 * i)]);
  // 2…9 and 63 single ones: the split of the first makes 65, and its lower half is forgotten.
  assert.deepEqual(judge(continuity, [5, 3, 6, 11]), ["late", "duplicate", "late", "late"]);
});

Deno.test("Continuity never judges a publication new twice, with more gaps than it remembers", () => {
  const anySequences = fc.array(fc.integer({ min: 1, max: 1000 }), { maxLength: 600, size: "max" });
  fc.assert(
    fc.property(anySequences, (sequences) => {
      const continuity = new Continuity();
      const fresh = new Set<number>();
      for (const sequence of sequences) {
        const { kind } = continuity.see("p", 1, "lob/t", sequence);
        if (kind === "duplicate" || kind === "stale") continue;
        assert(!fresh.has(sequence));
        fresh.add(sequence);
      }
    }),
    { numRuns: 100 },
  );
});

Deno.test("Continuity forgets the least recently used stream beyond its limit", () => {
  const anyUse = fc.tuple(fc.constantFrom("p", "q"), fc.constantFrom("a/1", "a/2", "a/3"));
  fc.assert(fc.property(fc.array(anyUse, { maxLength: 60 }), (uses) => {
    const continuity = new Continuity(3);
    let recent: string[] = [];
    uses.forEach(([publisher, topic], i) => {
      const key = `${publisher} ${topic}`;
      const { kind } = continuity.see(publisher, 1, topic, i + 1);
      assert.equal(kind === "first", !recent.includes(key));
      recent = [key, ...recent.filter((other) => other !== key)].slice(0, 3);
      assert.equal(continuity.size, recent.length);
    });
  }));
});

Deno.test("Continuity refuses numbers out of their bounds", () => {
  const continuity = new Continuity();
  for (const sequence of [0, -1, 1.5, NaN, 2 ** 53]) {
    assert.throws(() => continuity.see("p", 1, "a/b", sequence), RangeError);
  }
  for (const incarnation of [-1, 0.5, Infinity]) {
    assert.throws(() => continuity.see("p", incarnation, "a/b", 1), RangeError);
  }
  for (const limit of [0, -1, 2.5, NaN]) assert.throws(() => new Continuity(limit), RangeError);
  assert.equal(continuity.counts.seen, 0);
});
