/**
 * What the station keeps of the readings that it got: their statistics, and whether each came once
 * and in order.
 *
 * The ledger judges by its own counting of what was delivered, and does not take the mesh's word
 * for it. The mesh numbers what a publisher publishes on each topic, in each of its incarnations;
 * the publisher itself numbers its readings over all topics, so that one series tells what is
 * missing of everything that it has published.
 *
 * @module
 */
import { enter, NOTHING, type Numbers, type Span } from "./numbers.ts";

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

/** The readings of one publisher in one of its incarnations, by its own numbering. */
export interface PublisherRecord {
  readonly publisher: string;
  readonly incarnation: number;
  /** The highest number that came. */
  readonly highest: number;
  /** What is missing below it, ascending. */
  readonly missing: readonly Span[];
}

/** What a ledger tells of the readings. */
export interface Summary {
  /** Readings that came, each counted once. */
  readonly received: number;
  /** Readings that came once more. */
  readonly duplicated: number;
  /** Readings that came after a later one of their topic. */
  readonly outOfOrder: number;
  /** By topic. */
  readonly metrics: Readonly<Record<string, MetricStatistics>>;
  readonly publishers: readonly PublisherRecord[];
}

/** Everything that a ledger knows, as a plain value; it grows with the topics and the gaps. */
export interface LedgerState extends Summary {
  /** By publisher, incarnation and topic. */
  readonly streams: Readonly<Record<string, Numbers>>;
}

/** One reading as it came. */
export interface Arrival {
  readonly topic: string;
  readonly publisher: string;
  readonly incarnation: number;
  /** Its number on its topic, from 1. */
  readonly sequence: number;
  /** Its number among all readings of its publisher, from 1. */
  readonly n: number;
  readonly value: number;
  readonly unit: string;
}

/** Enters readings as they come. */
export class Ledger {
  #received: number;
  #duplicated: number;
  #outOfOrder: number;
  readonly #metrics: Map<string, MetricStatistics>;
  readonly #publishers: Map<string, PublisherRecord>;
  readonly #streams: Map<string, Numbers>;

  /** @param state what another ledger knew; it is copied */
  constructor(state?: LedgerState) {
    this.#received = state?.received ?? 0;
    this.#duplicated = state?.duplicated ?? 0;
    this.#outOfOrder = state?.outOfOrder ?? 0;
    this.#metrics = new Map(Object.entries(state?.metrics ?? {}));
    this.#publishers = new Map(state?.publishers.map((record) => [keyOf(record), record]));
    this.#streams = new Map(Object.entries(state?.streams ?? {}));
  }

  /** The highest number of a reading that came, of whatever publisher. */
  get highest(): number {
    return Math.max(0, ...[...this.#publishers.values()].map(({ highest }) => highest));
  }

  /** What it tells of the readings. */
  get summary(): Summary {
    return {
      received: this.#received,
      duplicated: this.#duplicated,
      outOfOrder: this.#outOfOrder,
      metrics: Object.fromEntries(this.#metrics),
      publishers: [...this.#publishers.values()],
    };
  }

  /** Everything it knows: a new value, which another ledger can go on from. */
  get state(): LedgerState {
    return { ...this.summary, streams: Object.fromEntries(this.#streams) };
  }

  /** Enters a reading, and judges it by its numbers. */
  enter(arrival: Arrival): void {
    const { topic, publisher, incarnation, sequence, n } = arrival;
    const key = keyOf(arrival);
    const [stream, arrived] = enter(this.#streams.get(`${key}/${topic}`) ?? NOTHING, sequence);
    if (arrived === "again") {
      this.#duplicated++;
      return;
    }
    if (arrived === "late") this.#outOfOrder++;
    this.#received++;
    this.#streams.set(`${key}/${topic}`, stream);
    const [numbers] = enter(this.#publishers.get(key) ?? NOTHING, n);
    this.#publishers.set(key, { publisher, incarnation, ...numbers });
    this.#metrics.set(topic, include(this.#metrics.get(topic), arrival));
  }
}

function keyOf({ publisher, incarnation }: Pick<Arrival, "publisher" | "incarnation">): string {
  return `${publisher}/${incarnation}`;
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
