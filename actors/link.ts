import type { RefAddress, Value } from "../values/mod.ts";
import { TRANSFER_THRESHOLD_BYTES } from "./constants.ts";
import { Envelope, PLAIN } from "./envelope.ts";
import type { WireError } from "./errors.ts";
import type { ExitKind } from "./exit_reason.ts";
import { ASK, type Kind, Message, TELL } from "./message.ts";
import { isOwnSlot } from "./own_slots.ts";
import type { Signal } from "./signal.ts";
import { Transit, type Transits } from "./transit.ts";

/** What a record of a batch is. */
const TOLD = 0;
const SENT = 1;
const REPLY = 2;
const FAILURE = 3;
const CANCEL = 4;
const SIGNAL = 5;
const DOWN = 6;
const ITEM = 7;
const STREAM_END = 8;
const MORE = 9;
const ASKED = 10;
const REPLIED_NOTHING = 11;

/** What arrives over a link. */
export interface LinkReceiver {
  readonly shard: number;
  readonly run: number;
  now(): number;
  deliver(slot: number, message: Message): void;
  replied(correlation: number, value: unknown): void;
  failed(correlation: number, error: WireError): void;
  cancelled(slot: number, replyShard: number, correlation: number): void;
  signalled(slot: number, signal: Signal): void;
  down(id: number, kind: ExitKind, message: string): void;
  itemArrived(correlation: number, value: unknown): void;
  streamEndArrived(correlation: number): void;
  granted(slot: number, replyShard: number, correlation: number, credit: number): void;
}

/**
 * The wire between two shards: a direct port, and one flat array a turn.
 *
 * A batch is a plain array of fields, one record after another, each led by its operation. Flat
 * arrays cross a port at 8 to 9 M messages a second where objects manage 0.3: the cost of a post
 * is per message event and per object. Large byte arrays are transferred; they are copies already.
 */
export class Link {
  readonly peer: number;
  readonly #port: MessagePort;
  readonly #arm: () => void;
  readonly #out: Transit;
  readonly #in: Transit;
  #isOpen = true;
  #batch: unknown[] = [];
  #transfer: ArrayBuffer[] = [];

  /**
   * @param arm makes sure that {@link Link.flush} is called at the end of the turn
   * @param transits where messages are counted, for when one of the shards is lost
   */
  constructor(
    peer: number,
    port: MessagePort,
    receiver: LinkReceiver,
    arm: () => void,
    transits: Transits = { out: new Transit(), in: new Transit() },
  ) {
    this.peer = peer;
    this.#port = port;
    this.#arm = arm;
    this.#out = transits.out;
    this.#in = transits.in;
    port.onmessage = (event) => {
      if (!this.#isOpen) return; // it was counted as lost
      receive(event.data as unknown[], peer, receiver, this.#in);
      arm();
    };
  }

  message(slot: number, m: Message, remainingMs: number): void {
    const { sender, args, envelope } = m;
    if (!isOwnSlot(this.peer, slot)) this.#out.sent();
    const batch = this.#open();
    const { kind, handler, refs } = m;
    const operation = envelope === PLAIN && kind === TELL
      ? TOLD
      : kind === ASK && isOrdinary(envelope)
      ? ASKED
      : SENT;
    const [shard, from] = sender ? [sender.shard, sender.slot] : [-1, 0];
    batch.push(operation, slot, handler, shard, from, refs, args.length);
    if (operation !== TOLD) {
      const { caller, replyShard, correlation, urgent, credit, bytes } = envelope;
      if (operation === ASKED) batch.push(replyShard, correlation, remainingMs);
      else batch.push(kind, caller, replyShard, correlation, remainingMs, urgent, credit, bytes);
    }
    for (let i = 0; i < args.length; i++) {
      const arg = args[i];
      batch.push(arg);
      if (typeof arg === "object") this.#maybeTransfer(arg);
    }
  }

  reply(correlation: number, value: Value): void {
    if (value === undefined) return void this.#open().push(REPLIED_NOTHING, correlation);
    this.#open().push(REPLY, correlation, value);
    if (typeof value === "object") this.#maybeTransfer(value);
  }

  fail(correlation: number, error: WireError): void {
    this.#open().push(FAILURE, correlation, error);
  }

  cancel(slot: number, replyShard: number, correlation: number): void {
    this.#open().push(CANCEL, slot, replyShard, correlation);
  }

  signal(slot: number, signal: Signal): void {
    this.#open().push(SIGNAL, slot, signal);
  }

  down(id: number, kind: ExitKind, message: string): void {
    this.#open().push(DOWN, id, kind, message);
  }

  item(correlation: number, value: Value): void {
    this.#open().push(ITEM, correlation, value);
    if (typeof value === "object") this.#maybeTransfer(value);
  }

  streamEnd(correlation: number): void {
    this.#open().push(STREAM_END, correlation);
  }

  more(slot: number, replyShard: number, correlation: number, credit: number): void {
    this.#open().push(MORE, slot, replyShard, correlation, credit);
  }

  /** Posts what has gathered. */
  flush(): void {
    if (this.#batch.length === 0) return;
    const batch = this.#batch;
    this.#batch = [];
    // A list of what to transfer costs 10 µs to hand in, even an empty one.
    if (this.#transfer.length === 0) return this.#port.postMessage(batch);
    const transfer = this.#transfer;
    this.#transfer = [];
    this.#port.postMessage(batch, transfer);
  }

  /** Closes the port, after what was flushed. */
  close(): void {
    this.#isOpen = false;
    this.#port.close();
  }

  /** The peer is lost: closes the port; returns how many messages were on their way, to and fro. */
  cut(): number {
    this.close();
    return this.#out.cut() + this.#in.cut();
  }

  #open(): unknown[] {
    if (this.#batch.length === 0) this.#arm();
    return this.#batch;
  }

  #maybeTransfer(value: Value): void {
    if (value instanceof Uint8Array && value.byteLength >= TRANSFER_THRESHOLD_BYTES) {
      this.#transfer.push(value.buffer as ArrayBuffer);
    }
  }
}

/** Whether an ask has no options beside its deadline. */
function isOrdinary({ caller, urgent, bytes }: Envelope): boolean {
  return caller === undefined && !urgent && bytes === 0;
}

function receive(batch: unknown[], peer: number, to: LinkReceiver, transit: Transit): void {
  const { length } = batch;
  let at = 0;
  let now = NaN;
  while (at < length) {
    const operation = batch[at];
    switch (operation) {
      case TOLD:
      case ASKED:
      case SENT: {
        const shard = batch[at + 3] as number;
        const sender: RefAddress | undefined = shard < 0
          ? undefined
          : { run: to.run, shard, slot: batch[at + 4] as number };
        const count = batch[at + 6] as number;
        let kind: Kind = TELL;
        let envelope = PLAIN;
        let first = at + 7;
        if (operation === ASKED) {
          kind = ASK;
          if (Number.isNaN(now)) now = to.now();
          envelope = new Envelope(
            batch[first] as number,
            batch[first + 1] as number,
            undefined,
            false,
            now + (batch[first + 2] as number),
          );
          first += 3;
        } else if (operation === SENT) {
          kind = batch[first] as Kind;
          const remaining = batch[first + 4] as number;
          if (remaining !== Infinity && Number.isNaN(now)) now = to.now();
          envelope = new Envelope(
            batch[first + 2] as number,
            batch[first + 3] as number,
            batch[first + 1] as string | undefined,
            batch[first + 5] as boolean,
            remaining === Infinity ? Infinity : now + remaining,
            batch[first + 6] as number,
            batch[first + 7] as number,
          );
          first += 8;
        }
        const args = new Array<Value>(count);
        for (let i = 0; i < count; i++) args[i] = batch[first + i] as Value;
        const handler = batch[at + 2] as string;
        const refs = batch[at + 5] as boolean;
        const slot = batch[at + 1] as number;
        if (!isOwnSlot(to.shard, slot)) transit.received();
        to.deliver(slot, new Message(kind, handler, args, refs, sender, envelope));
        at = first + count;
        break;
      }
      case REPLY:
        to.replied(batch[at + 1] as number, batch[at + 2]);
        at += 3;
        break;
      case REPLIED_NOTHING:
        to.replied(batch[at + 1] as number, undefined);
        at += 2;
        break;
      case FAILURE:
        to.failed(batch[at + 1] as number, batch[at + 2] as WireError);
        at += 3;
        break;
      case CANCEL:
        to.cancelled(batch[at + 1] as number, batch[at + 2] as number, batch[at + 3] as number);
        at += 4;
        break;
      case SIGNAL:
        to.signalled(batch[at + 1] as number, batch[at + 2] as Signal);
        at += 3;
        break;
      case DOWN:
        to.down(batch[at + 1] as number, batch[at + 2] as ExitKind, batch[at + 3] as string);
        at += 4;
        break;
      case ITEM:
        to.itemArrived(batch[at + 1] as number, batch[at + 2]);
        at += 3;
        break;
      case STREAM_END:
        to.streamEndArrived(batch[at + 1] as number);
        at += 2;
        break;
      case MORE:
        to.granted(
          batch[at + 1] as number,
          batch[at + 2] as number,
          batch[at + 3] as number,
          batch[at + 4] as number,
        );
        at += 5;
        break;
      default:
        throw new Error(`shard ${peer} sent a batch with the unknown operation ${operation}`);
    }
  }
}
