import type { RefAddress, Value } from "../values/mod.ts";
import { TRANSFER_THRESHOLD_BYTES } from "./constants.ts";
import type { WireError } from "./errors.ts";
import type { Kind, Message, Signal } from "./message.ts";

const USER = 0;
const REPLY = 1;
const FAILURE = 2;
const CANCEL = 3;
const SIGNAL = 4;
const DOWN = 5;

/** What arrives over a link. */
export interface LinkReceiver {
  readonly shard: number;
  now(): number;
  deliver(slot: number, message: Message): void;
  replied(correlation: number, value: unknown): void;
  failed(correlation: number, error: WireError): void;
  cancelled(slot: number, replyShard: number, correlation: number): void;
  signalled(slot: number, signal: Signal): void;
  down(id: number, kind: string, message: string): void;
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
  #batch: unknown[] = [];
  #transfer: ArrayBuffer[] = [];

  /** @param arm makes sure that {@link Link.flush} is called at the end of the turn */
  constructor(peer: number, port: MessagePort, receiver: LinkReceiver, arm: () => void) {
    this.peer = peer;
    this.#port = port;
    this.#arm = arm;
    port.onmessage = (event) => {
      receive(event.data as unknown[], peer, receiver);
      arm();
    };
  }

  message(slot: number, m: Message, remainingMs: number): void {
    const { sender, args } = m;
    this.#open(
      USER,
      slot,
      m.kind,
      m.handler,
      sender?.shard ?? -1,
      sender?.slot ?? 0,
      m.caller,
      m.replyShard,
      m.correlation,
      remainingMs,
      m.refs,
      args.length,
    );
    for (const arg of args) {
      this.#batch.push(arg);
      this.#maybeTransfer(arg);
    }
  }

  reply(correlation: number, value: Value): void {
    this.#open(REPLY, correlation, value);
    this.#maybeTransfer(value);
  }

  fail(correlation: number, error: WireError): void {
    this.#open(FAILURE, correlation, error);
  }

  cancel(slot: number, replyShard: number, correlation: number): void {
    this.#open(CANCEL, slot, replyShard, correlation);
  }

  signal(slot: number, signal: Signal): void {
    this.#open(SIGNAL, slot, signal);
  }

  down(id: number, kind: string, message: string): void {
    this.#open(DOWN, id, kind, message);
  }

  /** Posts what has gathered. */
  flush(): void {
    if (this.#batch.length === 0) return;
    const batch = this.#batch;
    const transfer = this.#transfer;
    this.#batch = [];
    if (transfer.length > 0) this.#transfer = [];
    this.#port.postMessage(batch, transfer);
  }

  /** Closes the port, after what was flushed. */
  close(): void {
    this.#port.close();
  }

  #open(...fields: unknown[]): void {
    if (this.#batch.length === 0) this.#arm();
    this.#batch.push(...fields);
  }

  #maybeTransfer(value: unknown): void {
    if (value instanceof Uint8Array && value.byteLength >= TRANSFER_THRESHOLD_BYTES) {
      this.#transfer.push(value.buffer as ArrayBuffer);
    }
  }
}

function receive(batch: unknown[], peer: number, to: LinkReceiver): void {
  let at = 0;
  while (at < batch.length) {
    switch (batch[at]) {
      case USER: {
        const count = batch[at + 11] as number;
        const remaining = batch[at + 9] as number;
        const shard = batch[at + 4] as number;
        const sender: RefAddress | undefined = shard < 0
          ? undefined
          : { shard, slot: batch[at + 5] as number };
        to.deliver(batch[at + 1] as number, {
          kind: batch[at + 2] as Kind,
          handler: batch[at + 3] as string,
          sender,
          caller: batch[at + 6] as string | undefined,
          replyShard: batch[at + 7] as number,
          correlation: batch[at + 8] as number,
          deadline: remaining === Infinity ? Infinity : to.now() + remaining,
          refs: batch[at + 10] as boolean,
          args: batch.slice(at + 12, at + 12 + count) as Value[],
        });
        at += 12 + count;
        break;
      }
      case REPLY:
        to.replied(batch[at + 1] as number, batch[at + 2]);
        at += 3;
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
        to.down(batch[at + 1] as number, batch[at + 2] as string, batch[at + 3] as string);
        at += 4;
        break;
      default:
        throw new Error(`shard ${peer} sent a batch with the unknown operation ${batch[at]}`);
    }
  }
}
