/**
 * What the station keeps of the readings that it got: their statistics, and whether each came once
 * and in order.
 *
 * The ledger judges by its own counting of what was delivered, and does not take the mesh's word
 * for it: a publisher numbers what it publishes on a topic 1, 2, 3 … in each of its incarnations.
 *
 * @module
 */

/** Readings of a topic that have not come, from one number to another, both included. */
export interface Gap {
  readonly topic: string;
  readonly from: number;
  readonly to: number;
}

/** The readings of one metric, in its unit. */
export interface MetricStatistics {
  readonly unit: string;
  /** Readings that came, each counted once. */
  readonly count: number;
  readonly last: number;
  readonly min: number;
  readonly mean: number;
  readonly max: number;
}

/** What one publisher published on one topic in one of its incarnations. */
export interface Stream {
  /** The highest number that came. */
  readonly highest: number;
  /** What is missing below it, ascending. */
  readonly gaps: readonly Gap[];
}

/** What a ledger tells of the readings. */
export interface Summary {
  /** Readings that came, each counted once. */
  readonly received: number;
  /** Readings that came once more. */
  readonly duplicated: number;
  /** Readings that came after a later one of their stream. */
  readonly outOfOrder: number;
  /** By topic. */
  readonly metrics: Readonly<Record<string, MetricStatistics>>;
  /** What is missing below what came. */
  readonly gaps: readonly Gap[];
}

/** Everything that a ledger knows, as a plain value; it grows with the topics and the gaps. */
export interface LedgerState extends Omit<Summary, "gaps"> {
  /** By publisher, incarnation and topic. */
  readonly streams: Readonly<Record<string, Stream>>;
}

/** One reading as it came. */
export interface Arrival {
  readonly topic: string;
  readonly publisher: string;
  readonly incarnation: number;
  /** From 1. */
  readonly sequence: number;
  readonly value: number;
  readonly unit: string;
}

/** Enters readings as they come. */
export class Ledger {
  #received: number;
  #duplicated: number;
  #outOfOrder: number;
  readonly #metrics: Map<string, MetricStatistics>;
  readonly #streams: Map<string, Stream>;

  /** @param state what another ledger knew; it is copied */
  constructor(state?: LedgerState) {
    this.#received = state?.received ?? 0;
    this.#duplicated = state?.duplicated ?? 0;
    this.#outOfOrder = state?.outOfOrder ?? 0;
    this.#metrics = new Map(Object.entries(state?.metrics ?? {}));
    this.#streams = new Map(Object.entries(state?.streams ?? {}));
  }

  /** Readings that came, each counted once. */
  get received(): number {
    return this.#received;
  }

  /** What it tells of the readings. */
  get summary(): Summary {
    return {
      received: this.#received,
      duplicated: this.#duplicated,
      outOfOrder: this.#outOfOrder,
      metrics: Object.fromEntries(this.#metrics),
      gaps: [...this.#streams.values()].flatMap((stream) => stream.gaps),
    };
  }

  /** Everything it knows: a new value, which another ledger can go on from. */
  get state(): LedgerState {
    return {
      received: this.#received,
      duplicated: this.#duplicated,
      outOfOrder: this.#outOfOrder,
      metrics: Object.fromEntries(this.#metrics),
      streams: Object.fromEntries(this.#streams),
    };
  }

  /** Enters a reading, and judges it by its number. */
  enter(arrival: Arrival): void {
    const { topic, publisher, incarnation, sequence } = arrival;
    const key = `${publisher}/${incarnation}/${topic}`;
    const { highest, gaps } = this.#streams.get(key) ?? { highest: 0, gaps: [] };
    if (sequence > highest) {
      const missing = { topic, from: highest + 1, to: sequence - 1 };
      const known = missing.from > missing.to ? gaps : [...gaps, missing];
      this.#streams.set(key, { highest: sequence, gaps: known });
    } else if (gaps.some((gap) => isIn(gap, sequence))) {
      this.#outOfOrder++;
      const still = gaps.flatMap((gap) => without(gap, sequence));
      this.#streams.set(key, { highest, gaps: still });
    } else {
      this.#duplicated++;
      return;
    }
    this.#received++;
    this.#metrics.set(topic, include(this.#metrics.get(topic), arrival));
  }
}

function isIn({ from, to }: Gap, sequence: number): boolean {
  return from <= sequence && sequence <= to;
}

function without(gap: Gap, sequence: number): Gap[] {
  if (!isIn(gap, sequence)) return [gap];
  const parts = [{ ...gap, to: sequence - 1 }, { ...gap, from: sequence + 1 }];
  return parts.filter(({ from, to }) => from <= to);
}

/** The mean is updated, not summed: a sum of many large readings loses digits (Welford 1962). */
function include(
  before: MetricStatistics | undefined,
  { value, unit }: Arrival,
): MetricStatistics {
  if (!before) return { unit, count: 1, last: value, min: value, mean: value, max: value };
  const count = before.count + 1;
  return {
    unit,
    count,
    last: value,
    min: Math.min(before.min, value),
    mean: before.mean + (value - before.mean) / count,
    max: Math.max(before.max, value),
  };
}
