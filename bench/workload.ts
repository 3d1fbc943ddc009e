/**
 * The work that every system does, ours and the peers alike: each function drives a system through
 * the same calls, counts what was finished and checks what came of it.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Sample } from "./harness.ts";

/** Throws with the words of a failed check. */
function check(holds: boolean, otherwise: () => string): asserts holds {
  if (!holds) throw new Error(otherwise());
}

/** Bytes that differ from place to place, so that none can be missing, doubled or swapped unseen. */
export function patternBytes(length: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i + 1, 0x9e37_79b1);
  return new Uint8Array(words.buffer, 0, length);
}

/** SHA-256 of chunks in a row, in hex. */
export function digestOf(chunks: Iterable<Uint8Array>): string {
  const hash = createHash("sha256");
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex");
}

/** An open connection whose end is its owner's. */
export interface Link extends AsyncDisposable {
  /** Sends bytes and waits for the same bytes. */
  echo(bytes: Uint8Array): Promise<Uint8Array>;
  /** Sends bytes on a stream of their own; settles with how many the far side says have come. */
  send(bytes: Uint8Array): Promise<number>;
  /** Packets of this side that were lost and sent again, if the system tells. */
  lostPackets?(): number;
}

/** A system that makes connections. */
export interface Dialler {
  /** Dials the far side; settles when the connection can be used. */
  connect(): Promise<Link>;
  /** What the far side has got in the last `send`: SHA-256 in hex. Asked when the clock stands. */
  digest(): Promise<string>;
}

/** Connects one time after the other; the closing is not timed. */
export async function connects(dialler: Dialler, count: number): Promise<Sample> {
  const latencies = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const began = performance.now();
    await using _link = await dialler.connect();
    latencies[i] = (performance.now() - began) * 1_000;
  }
  return { latencies };
}

/**
 * Round trips one after the other, no two with the same bytes.
 *
 * @param size Of the payload in bytes; at least 4.
 */
export async function roundTrips(
  echo: (bytes: Uint8Array) => Promise<Uint8Array>,
  count: number,
  size: number,
): Promise<Sample> {
  const latencies = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const sent = patternBytes(size);
    new DataView(sent.buffer).setUint32(0, i);
    const began = performance.now();
    const got = await echo(sent);
    latencies[i] = (performance.now() - began) * 1_000;
    check(sameBytes(sent, got), () => `echo ${i} of ${size} bytes came back changed: [${got}]`);
  }
  return { latencies };
}

/** One stream full of bytes: from the first write until the far side's count of them is here. */
export async function oneWay(dialler: Dialler, bytes: Uint8Array): Promise<Sample> {
  await using link = await dialler.connect();
  const began = performance.now();
  const count = await link.send(bytes);
  const seconds = (performance.now() - began) / 1_000;
  check(count === bytes.length, () => `${count} of ${bytes.length} bytes arrived`);
  const digest = await dialler.digest();
  check(
    digest === digestOf([bytes]),
    () => `the bytes arrived changed: their SHA-256 is ${digest}`,
  );
  const lost = link.lostPackets?.();
  return {
    value: bytes.length / 1e6 / seconds,
    ...(lost !== undefined && { counts: { lostPackets: lost } }),
  };
}

/** Bytes of a publication. */
export const PUBLICATION_BYTES = 256;

/** A publication: its number, from 0, stands in the first four bytes and in the last. */
export function publication(number: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(PUBLICATION_BYTES).fill(0x6d);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, number);
  view.setUint32(PUBLICATION_BYTES - 4, number);
  return bytes;
}

/** What a subscriber checks: publications 0, 1, 2 … each once, in order, whole. */
export class PublicationCheck {
  readonly #expected: number;
  #next = 0;

  /** @param expected How many are to come. */
  constructor(expected: number) {
    this.#expected = expected;
  }

  /**
   * Takes a publication.
   *
   * @returns Whether it is the last.
   * @throws {Error} When it is another than the one that was due.
   */
  take(bytes: unknown): boolean {
    const due = this.#next++;
    check(
      bytes instanceof Uint8Array && bytes.length === PUBLICATION_BYTES,
      () => `publication ${due} is no byte array of ${PUBLICATION_BYTES}`,
    );
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const number = view.getUint32(0);
    check(number === due, () => `publication ${due} was due, ${number} came`);
    check(
      view.getUint32(PUBLICATION_BYTES - 4) === due,
      () => `the end of publication ${due} is another's`,
    );
    return this.#next === this.#expected;
  }
}

/** A publisher here, and a subscriber in the second process. */
export interface PubSub {
  /** Has the subscriber begin to count to so many; settles when it does. */
  expect(count: number): Promise<void>;
  /**
   * Publishes.
   *
   * @returns Settles when there is room for the next; nothing where there is already. Awaiting
   * nothing would not be free: a client that sends at the end of its turn would do it each time.
   */
  publish(bytes: Uint8Array): Promise<void> | undefined;
  /** Settles when the subscriber has had them all in order; rejects when it finds a fault. */
  arrived(): Promise<void>;
}

/** Publications from the first until the subscriber says that the last has come. */
export async function publications(system: PubSub, count: number): Promise<Sample> {
  await system.expect(count);
  const arrived = system.arrived();
  const began = performance.now();
  const published = (async () => {
    for (let i = 0; i < count; i++) {
      const room = system.publish(publication(i));
      if (room) await room;
    }
  })();
  await Promise.all([published, arrived]);
  return { value: count / ((performance.now() - began) / 1_000) };
}

/** A procedure of the second process: the sum of two numbers. */
export type Sum = (a: number, b: number) => Promise<number>;

async function timedCall(sum: Sum, i: number): Promise<number> {
  const began = performance.now();
  const total = await sum(i, 7);
  const latency = (performance.now() - began) * 1_000;
  check(total === i + 7, () => `the sum of ${i} and 7 came back as ${total}`);
  return latency;
}

/** Calls one after the other. */
export async function calls(sum: Sum, count: number): Promise<Sample> {
  const latencies = new Float64Array(count);
  for (let i = 0; i < count; i++) latencies[i] = await timedCall(sum, i);
  return { latencies };
}

/** Calls with so many of them in flight; latencies are those of calls under this load. */
export async function callsInFlight(sum: Sum, count: number, inFlight: number): Promise<Sample> {
  const latencies = new Float64Array(count);
  let next = 0;
  const caller = async () => {
    while (next < count) {
      const i = next++;
      latencies[i] = await timedCall(sum, i);
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: inFlight }, caller));
  return { value: count / ((performance.now() - began) / 1_000), latencies };
}

/** A node that knows what policy a name has. */
export interface Policies {
  /** Names, and the suite that each must have. */
  readonly names: readonly (readonly [name: string, suite: string])[];
  suiteOf(name: string): string;
}

/** Resolutions one after the other; the first of each name is not timed. */
export function resolutions(system: Policies, count: number): Sample {
  const { names } = system;
  for (const [name] of names) system.suiteOf(name);
  let wrong = 0;
  const began = performance.now();
  for (let i = 0; i < count; i++) {
    const [name, suite] = names[i % names.length]!;
    if (system.suiteOf(name) !== suite) wrong++;
  }
  const took = performance.now() - began;
  check(wrong === 0, () => `${wrong} of ${count} names had another suite than they must`);
  return { value: took * 1e6 / count };
}

/** Nodes of a DHT, by number of the look-up: what was sought, and what was found. */
export interface Lookups {
  lookup(i: number): Promise<{ readonly sought: string; readonly found: string }>;
  readRecord(i: number): Promise<{ readonly sought: string; readonly found: string }>;
}

/** Look-ups of nodes, one after the other. */
export function lookups(system: Lookups, count: number): Promise<Sample> {
  return searches((i) => system.lookup(i), count);
}

/** Look-ups of records, one after the other. */
export function recordReads(system: Lookups, count: number): Promise<Sample> {
  return searches((i) => system.readRecord(i), count);
}

async function searches(search: Lookups["lookup"], count: number): Promise<Sample> {
  const latencies = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const began = performance.now();
    const { sought, found } = await search(i);
    latencies[i] = (performance.now() - began) * 1_000;
    check(found === sought, () => `${sought} was sought, ${found} was found`);
  }
  return { latencies };
}

function sameBytes(a: Uint8Array, b: unknown): boolean {
  return b instanceof Uint8Array && a.length === b.length && a.every((byte, i) => byte === b[i]);
}
