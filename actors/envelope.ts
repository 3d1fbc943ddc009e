import type { RefOptions } from "./ref.ts";

/** A message that is in nobody's interest: no promise of any shard waits for it. */
const NOBODY = -1;

/**
 * What goes with a message beside its words: who waits for it, until when, and on whose behalf it
 * was sent. Most messages are plain tells, which share {@link PLAIN}.
 */
export class Envelope {
  /** Shard that holds the promise of a send or ask; negative for none. */
  readonly replyShard: number;
  /** The promise's number there; 0 while it is known by its object alone, in its own shard. */
  correlation: number;
  /** Node id of the caller on another node. */
  readonly caller: string | undefined;
  /** Whether it goes before the messages that are not. */
  readonly urgent: boolean;
  /** Items of a stream that its reader has room for. */
  readonly credit: number;
  /** Bytes that it holds in the mailbox, where they are counted: it came from who is not trusted. */
  readonly bytes: number;
  /**
   * Time of this shard's clock at which who waits gives up, in ms; `Infinity` for never, `NaN` for
   * an ask of this very turn: its time is read once, at the end of the turn, for all of them.
   */
  deadline: number;
  /** Nobody waits any more: when its turn comes it is passed over. */
  givenUp = false;

  constructor(
    replyShard: number,
    correlation: number,
    caller: string | undefined,
    urgent: boolean,
    deadline: number,
    credit = 0,
    bytes = 0,
  ) {
    this.replyShard = replyShard;
    this.correlation = correlation;
    this.caller = caller;
    this.urgent = urgent;
    this.deadline = deadline;
    this.credit = credit;
    this.bytes = bytes;
  }

  /** Whether a promise waits for this message. */
  get awaited(): boolean {
    return this.replyShard !== NOBODY;
  }

  /** Milliseconds that are left at `now`; `Infinity` when nobody waits. */
  remainingMs(now: number): number {
    return this.deadline - now;
  }
}

/** The envelope of a tell without options. */
export const PLAIN: Envelope = Object.freeze(
  new Envelope(NOBODY, 0, undefined, false, Infinity),
);

/** The envelope of a tell with options. */
export function tellEnvelope({ caller, priority = false, bytes = 0 }: RefOptions): Envelope {
  return new Envelope(NOBODY, 0, caller, priority, Infinity, 0, bytes);
}
