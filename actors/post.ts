import {
  copyArguments,
  copyValue,
  type RefAddress,
  reviveRefs,
  type Value,
} from "../values/mod.ts";
import { creditOf, deadlineOf } from "./ask_bounds.ts";
import type { DeadReason } from "./dead_letters.ts";
import { Envelope, PLAIN, tellEnvelope } from "./envelope.ts";
import { EndedError, fromWire, SelfAskError, toWire, type WireError } from "./errors.ts";
import type { Incarnation } from "./incarnation.ts";
import type { Kernel } from "./kernel.ts";
import { ASK, type Kind, Message, SEND, STREAM, TELL } from "./message.ts";
import { noStream } from "./out_stream.ts";
import { isOwnSlot } from "./own_slots.ts";
import { NO_OPTIONS, type RefOptions, type Target } from "./ref.ts";
import { NameRoutes } from "./registry/name_routes.ts";
import { type Held, type HeldKind, namedTarget } from "./registry/named_ref.ts";
import { StreamReader } from "./stream_reader.ts";
import { StreamReaders } from "./stream_readers.ts";
import { Waiter } from "./waiter.ts";
import { Waiters } from "./waiters.ts";

/**
 * The post of one shard: makes messages of what its code tells and asks, brings them to their slot
 * or to the link that leads there, and brings replies to who waits for them.
 */
export class Post {
  readonly #kernel: Kernel;
  readonly #waiters: Waiters;
  readonly #readers = new StreamReaders();
  readonly #routes = new NameRoutes<Message>({
    lookUp: (name) => this.#kernel.spawner.watchName(name),
    deliver: (to, message) => this.#release(to, message),
    bury: (_name, message, reason, error) => {
      this.#kernel.books.settled();
      this.bury(NOWHERE, message, reason, error);
    },
  });

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#waiters = new Waiters(kernel.clock, (waiter) => this.#gaveUp(waiter));
  }

  // ---- what is sent --------------------------------------------------------------------------

  /** Fire and forget. The array of arguments is taken over. */
  tell(
    to: RefAddress,
    handler: string,
    args: unknown[],
    owner: Incarnation | undefined,
    options: RefOptions,
  ): void {
    if (owner !== undefined && !owner.alive) return;
    const envelope = options === NO_OPTIONS ? PLAIN : tellEnvelope(options);
    this.#route(to, this.#message(TELL, handler, args, owner, envelope, options));
  }

  /** Settles when the message is in the mailbox. */
  send(
    to: RefAddress,
    handler: string,
    args: unknown[],
    owner: Incarnation | undefined,
    options: RefOptions,
  ): Promise<void> {
    if (owner !== undefined && !owner.alive) return fenced(owner);
    try {
      // Where bytes are counted, the slot may refuse it although it has room for one message more.
      if (options.bytes === undefined && this.#kernel.localSlot(to)?.hasRoom) {
        const envelope = options === NO_OPTIONS ? PLAIN : tellEnvelope(options);
        this.#route(to, this.#message(SEND, handler, args, owner, envelope, options));
        return this.#kernel.scheduler.spend() ?? Promise.resolve();
      }
      const { shard } = this.#kernel;
      const waiter = new Waiter(shard, to, handler, owner, Infinity, undefined, options);
      const message = this.#message(SEND, handler, args, owner, waiter, options);
      this.#waiters.add(waiter, undefined);
      this.#route(to, message);
      return waiter.promise as Promise<void>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Settles exactly once, with the reply or an error. */
  ask(
    to: RefAddress,
    handler: string,
    args: unknown[],
    owner: Incarnation | undefined,
    options: RefOptions,
  ): Promise<unknown> {
    if (owner !== undefined && !owner.alive) return fenced(owner);
    try {
      this.#refuseSelf(to, handler, owner);
      const { signal } = options;
      signal?.throwIfAborted();
      const ms = deadlineOf(options);
      const within = boundOf(owner);
      const { shard } = this.#kernel;
      const waiter = new Waiter(shard, to, handler, owner, ms, within, options);
      const message = this.#message(ASK, handler, args, owner, waiter, options);
      this.#waiters.add(waiter, signal);
      this.#route(to, message);
      this.#kernel.arm(); // what waits gets its deadline at the end of the turn
      return waiter.promise;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The items of a reply that is a stream; nothing is sent before the first is wanted. */
  stream(
    to: RefAddress,
    handler: string,
    args: unknown[],
    owner: Incarnation | undefined,
    options: RefOptions,
  ): AsyncIterableIterator<unknown> {
    const credit = creditOf(options);
    const deadlineMs = deadlineOf(options);
    const { caller, priority = false, signal, bytes = 0 } = options;
    const { shard, clock } = this.#kernel;
    const correlation = this.#waiters.nextNumber();
    const refs = copyArguments(args, options.transfer);
    const reader: StreamReader = new StreamReader({
      ...{ clock, to, handler, deadlineMs, credit, signal },
      revive: (value) => this.#revived(value, owner),
      start: () => {
        this.#refuseSelf(to, handler, owner);
        if (owner !== undefined && !owner.alive) throw fencedError(owner);
        if (owner) reader.release = owner.own({ [Symbol.dispose]: () => reader.abandon() });
        const envelope = new Envelope(
          ...[shard, correlation, caller, priority, Infinity, credit, bytes] as const,
        );
        const sender = owner?.slot.address;
        this.#readers.add(correlation, reader);
        this.#route(to, new Message(STREAM, handler, args as Value[], refs, sender, envelope));
      },
      grant: (more) => {
        if (to.shard === shard) this.#kernel.granted(to.slot, shard, correlation, more);
        else this.#kernel.link(to.shard)?.more(to.slot, shard, correlation, more);
      },
      cancel: () => {
        if (to.shard === shard) this.#kernel.cancelled(to.slot, shard, correlation);
        else this.#kernel.link(to.shard)?.cancel(to.slot, shard, correlation);
      },
      ended: () => this.#readers.delete(correlation),
    });
    return reader;
  }

  /** A ref's way to whoever holds a name, for messages that are sent by `owner`. */
  named(name: string, owner: Incarnation | undefined): Target {
    return namedTarget<Message>(name, this.#routes, {
      tell: (to, handler, args, options) => this.tell(to, handler, args, owner, options),
      send: (to, handler, args, options) => this.send(to, handler, args, owner, options),
      ask: (to, handler, args, options) => this.ask(to, handler, args, owner, options),
      stream: (to, handler, args, options) => this.stream(to, handler, args, owner, options),
      lookUp: () => this.#kernel.spawner.lookup(name),
      hold: (kind, handler, args, options) => this.#hold(kind, handler, args, owner, options),
    });
  }

  /** The registry says who holds a name now. */
  told(name: string, address: RefAddress | undefined): void {
    this.#routes.told(name, address);
  }

  // ---- what is answered ----------------------------------------------------------------------

  /** Replies to an ask; a result outside the domain of values becomes the asker's error. */
  reply(message: Message, result: unknown): void {
    let value: Value;
    try {
      value = copyValue(result, resultOf(message));
    } catch (error) {
      return this.settle(message, error);
    }
    const { envelope, kind } = message;
    if (kind === STREAM) return this.settle(message, noStream(message.handler));
    if (envelope instanceof Waiter) {
      if (this.#waiters.take(envelope)) envelope.resolve(this.#revived(value, envelope.owner));
    } else if (envelope.awaited) {
      this.#kernel.link(envelope.replyShard)?.reply(envelope.correlation, value);
    }
  }

  /** Settles what a sender waits for: with `error` if there is one, else with nothing. */
  settle(message: Message, error: unknown): void {
    const { envelope } = message;
    if (!envelope.awaited) return;
    if (envelope instanceof Waiter) {
      if (!this.#waiters.take(envelope)) return;
      if (error === undefined) envelope.resolve(undefined);
      else envelope.reject(fromWire(toWire(error)));
      return;
    }
    const { replyShard, correlation } = envelope;
    if (replyShard === this.#kernel.shard) this.failed(correlation, toWire(error));
    else if (error === undefined) this.#kernel.link(replyShard)?.reply(correlation, undefined);
    else this.#kernel.link(replyShard)?.fail(correlation, toWire(error));
  }

  /** Sends an item of a stream; false when it is no value, which ends the stream. */
  item(message: Message, item: unknown): boolean {
    let value: Value;
    try {
      value = copyValue(item, `item of ${message.handler}`);
    } catch (error) {
      this.settle(message, error);
      return false;
    }
    const { replyShard, correlation } = message.envelope;
    if (replyShard === this.#kernel.shard) this.itemArrived(correlation, value);
    else this.#kernel.link(replyShard)?.item(correlation, value);
    return true;
  }

  /** Ends a stream well. */
  streamEnded(message: Message): void {
    const { replyShard, correlation } = message.envelope;
    if (replyShard === this.#kernel.shard) this.streamEndArrived(correlation);
    else this.#kernel.link(replyShard)?.streamEnd(correlation);
  }

  /** Counts a message that reaches nobody, and tells whoever waits for it, if there is `error`. */
  bury(to: RefAddress, message: Message, reason: DeadReason, error?: () => Error): void {
    const { handler } = message;
    if (!isOwnSlot(to.shard, to.slot)) {
      this.#kernel.deadLetters.add({ reason, to: `${to.shard}.${to.slot}`, handler });
    }
    if (error && message.envelope.awaited) this.settle(message, error());
  }

  // ---- what arrives --------------------------------------------------------------------------

  deliver(slotId: number, message: Message): void {
    const slot = this.#kernel.slot(slotId);
    if (slot) return slot.receive(message);
    this.#buryUnknown({ shard: this.#kernel.shard, slot: slotId }, message);
  }

  replied(correlation: number, value: unknown): void {
    const waiter = this.#waiters.find(correlation);
    if (waiter && this.#waiters.take(waiter)) waiter.resolve(this.#revived(value, waiter.owner));
  }

  failed(correlation: number, error: WireError): void {
    const waiter = this.#waiters.find(correlation);
    if (waiter && this.#waiters.take(waiter)) waiter.reject(fromWire(error));
    else this.#readers.get(correlation)?.fail(fromWire(error));
  }

  itemArrived(correlation: number, value: unknown): void {
    this.#readers.get(correlation)?.push(value);
  }

  streamEndArrived(correlation: number): void {
    this.#readers.get(correlation)?.end();
  }

  // ---- turns and ends ------------------------------------------------------------------------

  /** The turn ends: what was asked in it and still waits gets its deadline. */
  endTurn(): void {
    this.#waiters.endTurn();
  }

  /** Fails what waits for a shard that is gone. */
  shardLost(shard: number): void {
    this.#waiters.shardLost(shard);
    this.#readers.shardLost(shard);
  }

  /** Fails everything that waits. */
  close(): void {
    this.#routes.close();
    this.#waiters.close();
    this.#readers.close();
  }

  // ---- inside --------------------------------------------------------------------------------

  #message(
    kind: Kind,
    handler: string,
    args: unknown[],
    owner: Incarnation | undefined,
    envelope: Envelope,
    options: RefOptions,
  ): Message {
    const refs = copyArguments(args, options.transfer);
    return new Message(kind, handler, args as Value[], refs, owner?.slot.address, envelope);
  }

  #route(to: RefAddress, message: Message): void {
    const kernel = this.#kernel;
    if (!kernel.isOurs(to)) return this.#buryForeign(to, message);
    if (to.shard === kernel.shard) {
      const slot = kernel.slot(to.slot);
      if (slot) return slot.receive(message);
      return this.#buryUnknown(to, message);
    }
    const link = kernel.link(to.shard);
    if (!link) return this.#buryLost(to, message);
    const { envelope } = message;
    if (envelope instanceof Waiter) this.#waiters.number(envelope);
    link.message(
      to.slot,
      message,
      envelope.deadline === Infinity ? Infinity : this.#left(envelope),
    );
  }

  /** Makes a message to a name of which it is not known yet who holds it. */
  #hold(
    kind: HeldKind,
    handler: string,
    args: unknown[],
    owner: Incarnation | undefined,
    options: RefOptions,
  ): Held<Message> | undefined {
    const { signal } = options;
    if (kind === "tell") {
      if (owner !== undefined && !owner.alive) return undefined;
      const envelope = tellEnvelope(options);
      const message = this.#message(TELL, handler, args, owner, envelope, options);
      this.#kernel.books.received();
      return { message, settled: undefined };
    }
    if (owner !== undefined && !owner.alive) throw fencedError(owner);
    signal?.throwIfAborted();
    const asks = kind === "ask";
    const ms = asks ? deadlineOf(options) : Infinity;
    const within = asks ? boundOf(owner) : undefined;
    const { shard } = this.#kernel;
    const waiter = new Waiter(shard, NOWHERE, handler, owner, ms, within, options);
    const message = this.#message(asks ? ASK : SEND, handler, args, owner, waiter, options);
    this.#kernel.books.received();
    this.#waiters.add(waiter, asks ? signal : undefined);
    this.#kernel.arm();
    return { message, settled: waiter.promise };
  }

  /** Sends a message that was held on; it may be known by now that nobody waits for it. */
  #release(to: RefAddress, message: Message): void {
    this.#kernel.books.settled(); // where it goes it is received anew
    const { envelope, kind, handler } = message;
    if (envelope instanceof Waiter) {
      envelope.to = to;
      try {
        if (kind === ASK) this.#refuseSelf(to, handler, envelope.owner);
      } catch (error) {
        return this.settle(message, error);
      }
    }
    if (envelope.givenUp) this.bury(to, message, "cancelled");
    else this.#route(to, message);
  }

  /** Milliseconds that are left for a message that leaves the shard. */
  #left(envelope: Envelope): number {
    // Most asks are of this turn, and bounded by nothing but themselves: all is left.
    if (
      envelope instanceof Waiter && envelope.within === undefined && Number.isNaN(envelope.deadline)
    ) {
      return envelope.ms;
    }
    return envelope.remainingMs(this.#kernel.clock.now());
  }

  #buryUnknown(to: RefAddress, message: Message): void {
    const words = `ref ${to.shard}.${to.slot} names an actor that has ended`;
    const data = { reason: "no-such-actor" };
    this.bury(to, message, "no-such-actor", () => new EndedError(words, data));
  }

  #buryForeign(to: RefAddress, message: Message): void {
    const words = `ref ${to.shard}.${to.slot} is of another node, or of another run of this one: ` +
      `look the actor up by its name`;
    const data = { reason: "no-such-actor" };
    this.bury(to, message, "no-such-actor", () => new EndedError(words, data));
  }

  #buryLost(to: RefAddress, message: Message): void {
    const data = { reason: "shard-lost" };
    this.bury(to, message, "shard-lost", () => new EndedError(`shard ${to.shard} is gone`, data));
  }

  #refuseSelf(to: RefAddress, handler: string, owner: Incarnation | undefined): void {
    if (!owner?.occupied || this.#kernel.localSlot(to) !== owner.slot) return;
    throw new SelfAskError(
      `${owner.slot.path} asked itself "${handler}" and would wait for its own turn for ever: ` +
        `call the function, or tell instead`,
    );
  }

  /** Nobody waits any more: what is queued is passed over, what is being handled is told. */
  #gaveUp(waiter: Waiter): void {
    const { to, correlation } = waiter;
    const { shard } = this.#kernel;
    if (to.shard === shard) this.#kernel.slot(to.slot)?.gaveUp(waiter);
    else this.#kernel.link(to.shard)?.cancel(to.slot, shard, correlation);
  }

  #revived(value: unknown, owner: Incarnation | undefined): unknown {
    if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
    return reviveRefs(value as Value, (address) => this.#kernel.ref(address, owner));
  }
}

/** Where nobody is: shards and slots count from 0 up. */
const NOWHERE: RefAddress = { shard: -1, slot: -1 };

function resultOf(message: Message): string {
  return `result of ${message.handler}`;
}

/** The envelope of the message being handled, if it has a deadline: what is asked now inherits it. */
function boundOf(owner: Incarnation | undefined): Envelope | undefined {
  const envelope = owner?.current?.envelope;
  return envelope === undefined || envelope.deadline === Infinity ? undefined : envelope;
}

function fencedError(owner: Incarnation): Error {
  return new EndedError(`this incarnation of ${owner.slot.path} has ended`);
}

function fenced(owner: Incarnation): Promise<never> {
  const refused = Promise.reject(fencedError(owner));
  refused.catch(() => {/* dead code may well not wait for it */});
  return refused;
}
