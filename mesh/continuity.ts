/**
 * The continuity of what a subscriber receives: what is new, what came before, what is missing.
 *
 * @module
 */

/** How many streams are tracked at most when nothing else is said. */
export const DEFAULT_STREAMS = 65_536;

/** How many ranges of missing publications are remembered for one stream. */
export const MAX_GAPS = 64;

/**
 * What a publication is in its stream, the publications of one publisher on one topic.
 *
 * - `first`: the first of its stream to be seen, or the first of a newer incarnation. Its sequence
 *   may be any: a subscriber may join late.
 * - `next`: it follows the one before.
 * - `gap`: `missing` publications before it, from `firstMissing` on, have not come, and may yet.
 * - `late`: it was missing and has come now, out of order.
 * - `duplicate`: it was seen before; or it is of a gap so old that it was forgotten.
 * - `stale`: it is of an older incarnation, or from before the first that was seen.
 */
export type Verdict =
  | { readonly kind: "first" | "next" | "late" | "duplicate" | "stale" }
  | { readonly kind: "gap"; readonly missing: number; readonly firstMissing: number };

/** Totals over all streams, forgotten ones included. */
export interface Counts {
  /** Every publication that was judged. */
  readonly seen: number;
  readonly duplicates: number;
  readonly late: number;
  readonly stale: number;
  /** How often publications were found missing. */
  readonly gaps: number;
  /** The publications found missing that have not come late. */
  readonly missing: number;
}

// The commonest verdicts are made once: a verdict is given for every publication.
const FIRST: Verdict = Object.freeze({ kind: "first" });
const NEXT: Verdict = Object.freeze({ kind: "next" });
const LATE: Verdict = Object.freeze({ kind: "late" });
const DUPLICATE: Verdict = Object.freeze({ kind: "duplicate" });
const STALE: Verdict = Object.freeze({ kind: "stale" });

/** A range of sequences that have not come, both ends included. */
interface Gap {
  from: number;
  to: number;
}

/** What is known of one stream, and its neighbours in the order of use. */
class Stream {
  /** The sequence with which the incarnation was first seen. */
  start: number;
  /** The highest sequence seen. */
  highest: number;
  /** What is missing below it, ascending; most streams never have any. */
  gaps: Gap[] | undefined = undefined;
  older: Stream | undefined = undefined;
  newer: Stream | undefined = undefined;

  constructor(
    readonly publisher: string,
    readonly topic: string,
    public incarnation: number,
    sequence: number,
  ) {
    this.start = sequence;
    this.highest = sequence;
  }

  restart(incarnation: number, sequence: number): void {
    this.incarnation = incarnation;
    this.start = sequence;
    this.highest = sequence;
    this.gaps = undefined;
  }

  /** Remembers a range above all others, and forgets the oldest when there are too many. */
  miss(from: number, to: number): void {
    const gaps = this.gaps ??= [];
    gaps.push({ from, to });
    if (gaps.length > MAX_GAPS) gaps.shift();
  }

  /** Takes a sequence out of the ranges; tells whether it was in one. */
  fill(sequence: number): boolean {
    const { gaps } = this;
    if (gaps === undefined) return false;
    const i = gaps.findLastIndex((gap) => gap.from <= sequence);
    const gap = gaps[i];
    if (gap === undefined || sequence > gap.to) return false;
    if (gap.from === gap.to) {
      gaps.splice(i, 1);
      if (gaps.length === 0) this.gaps = undefined;
    } else if (sequence === gap.from) {
      gap.from++;
    } else if (sequence === gap.to) {
      gap.to--;
    } else {
      gaps.splice(i, 0, { from: gap.from, to: sequence - 1 });
      gap.from = sequence + 1;
      if (gaps.length > MAX_GAPS) gaps.shift();
    }
    return true;
  }
}

/**
 * Judges publications by publisher, incarnation, topic and sequence.
 *
 * A publisher numbers what it publishes on a topic from 1, one by one, and begins anew with each
 * incarnation. Memory is bounded: `limit` streams, of which the least recently used is forgotten
 * (its next publication is a `first` again, even if it was seen before), and 64 ranges of missing
 * publications a stream, of which the lowest is forgotten (what comes of it is a `duplicate`, and
 * stays counted as missing). Within these bounds no publication of a tracked stream is judged new
 * twice. Incarnations are compared stream by stream: an old incarnation's last words on one topic
 * are not cut off by its successor's first on another.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { Continuity } from "./continuity.ts";
 *
 * const continuity = new Continuity();
 * const see = (sequence: number) => continuity.see("node-a", 1, "iot/roof", sequence).kind;
 * assert.deepEqual([7, 8, 10, 9, 9].map(see), ["first", "next", "gap", "late", "duplicate"]);
 * assert.equal(continuity.counts.missing, 0);
 * ```
 */
export class Continuity {
  readonly #limit: number;
  readonly #publishers = new Map<string, Map<string, Stream>>();
  #size = 0;
  /** The ends of the list of all streams in the order of use. */
  #oldest: Stream | undefined = undefined;
  #newest: Stream | undefined = undefined;
  #seen = 0;
  #duplicates = 0;
  #late = 0;
  #stale = 0;
  #gaps = 0;
  #missing = 0;

  /**
   * @param limit how many streams are tracked at most: a safe integer, 1 or more
   * @throws {RangeError} when the limit is anything else
   */
  constructor(limit: number = DEFAULT_STREAMS) {
    if (!Number.isSafeInteger(limit) || limit < 1) {
      throw new RangeError(`the limit of streams is ${limit}: give an integer of 1 or more`);
    }
    this.#limit = limit;
  }

  /** How many streams are tracked. */
  get size(): number {
    return this.#size;
  }

  /** The totals so far, as a snapshot. */
  get counts(): Counts {
    return {
      seen: this.#seen,
      duplicates: this.#duplicates,
      late: this.#late,
      stale: this.#stale,
      gaps: this.#gaps,
      missing: this.#missing,
    };
  }

  /**
   * Judges a publication, and remembers it.
   *
   * @param publisher who published it
   * @param incarnation which life of the publisher: a safe integer, 0 or more, rising with each
   * @param topic the topic's name
   * @param sequence its number in the stream: a safe integer, 1 or more
   * @returns what it is
   * @throws {RangeError} when a number is out of its bounds
   */
  see(publisher: string, incarnation: number, topic: string, sequence: number): Verdict {
    if (!Number.isSafeInteger(incarnation) || incarnation < 0) {
      throw new RangeError(`the incarnation is ${incarnation}: give an integer of 0 or more`);
    }
    if (!Number.isSafeInteger(sequence) || sequence < 1) {
      throw new RangeError(`the sequence is ${sequence}: give an integer of 1 or more`);
    }
    this.#seen++;
    const stream = this.#publishers.get(publisher)?.get(topic);
    if (stream === undefined) {
      this.#track(new Stream(publisher, topic, incarnation, sequence));
      return FIRST;
    }
    this.#touch(stream);
    if (incarnation === stream.incarnation) return this.#judge(stream, sequence);
    if (incarnation < stream.incarnation) return this.#judgeStale();
    stream.restart(incarnation, sequence);
    return FIRST;
  }

  #judge(stream: Stream, sequence: number): Verdict {
    const firstMissing = stream.highest + 1;
    if (sequence >= firstMissing) {
      stream.highest = sequence;
      if (sequence === firstMissing) return NEXT;
      const missing = sequence - firstMissing;
      stream.miss(firstMissing, sequence - 1);
      this.#gaps++;
      this.#missing += missing;
      return { kind: "gap", missing, firstMissing };
    }
    if (sequence < stream.start) return this.#judgeStale();
    if (stream.fill(sequence)) {
      this.#late++;
      this.#missing--;
      return LATE;
    }
    this.#duplicates++;
    return DUPLICATE;
  }

  #judgeStale(): Verdict {
    this.#stale++;
    return STALE;
  }

  #track(stream: Stream): void {
    let topics = this.#publishers.get(stream.publisher);
    if (topics === undefined) this.#publishers.set(stream.publisher, topics = new Map());
    topics.set(stream.topic, stream);
    this.#append(stream);
    if (this.#size < this.#limit) this.#size++;
    else this.#forget(this.#oldest!);
  }

  #forget(stream: Stream): void {
    this.#unlink(stream);
    const topics = this.#publishers.get(stream.publisher)!;
    topics.delete(stream.topic);
    if (topics.size === 0) this.#publishers.delete(stream.publisher);
  }

  #touch(stream: Stream): void {
    if (stream === this.#newest) return;
    this.#unlink(stream);
    this.#append(stream);
  }

  #append(stream: Stream): void {
    stream.older = this.#newest;
    stream.newer = undefined;
    if (this.#newest === undefined) this.#oldest = stream;
    else this.#newest.newer = stream;
    this.#newest = stream;
  }

  #unlink(stream: Stream): void {
    if (stream.older === undefined) this.#oldest = stream.newer;
    else stream.older.newer = stream.newer;
    if (stream.newer === undefined) this.#newest = stream.older;
    else stream.newer.older = stream.older;
  }
}
