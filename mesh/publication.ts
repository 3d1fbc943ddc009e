import { decodeValue, type Value } from "../values/mod.ts";

/** One message of a topic, as a subscriber gets it. */
export interface Publication {
  readonly topic: string;
  readonly payload: Value;
  /** Id of the node that published it. */
  readonly publisher: string;
  /** Which start of that node; grows. */
  readonly incarnation: number;
  /** Number of the message within publisher, incarnation and topic: 1, 2, 3 … */
  readonly sequence: number;
}

/** A publication whose payload is still encoded, as it travels inside a node. */
export interface Envelope {
  readonly topic: string;
  readonly publisher: string;
  readonly incarnation: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
}

/** Publications as one flat array, five fields each: the form that crosses shards cheapest. */
export type Batch = readonly (string | number | Uint8Array)[];

const FIELDS = 5;

/** Appends a publication to a batch. */
export function pushEnvelope(batch: (string | number | Uint8Array)[], envelope: Envelope): void {
  const { topic, publisher, incarnation, sequence, payload } = envelope;
  batch.push(topic, publisher, incarnation, sequence, payload);
}

/** The publications of a batch, still encoded. */
export function* envelopesOf(batch: Batch): Generator<Envelope> {
  for (let at = 0; at < batch.length; at += FIELDS) {
    yield {
      topic: batch[at] as string,
      publisher: batch[at + 1] as string,
      incarnation: batch[at + 2] as number,
      sequence: batch[at + 3] as number,
      payload: batch[at + 4] as Uint8Array,
    };
  }
}

/**
 * Decodes a publication.
 *
 * @throws {ValueError} when the payload is no value: its publisher broke the protocol
 */
export function openEnvelope(envelope: Envelope): Publication {
  const { topic, publisher, incarnation, sequence, payload } = envelope;
  return { topic, publisher, incarnation, sequence, payload: decodeValue(payload, "payload") };
}
