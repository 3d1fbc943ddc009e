import type { Overflow } from "./mailbox.ts";
import type { AnyRef, Ref } from "./ref.ts";

/** Options of a subscription. */
export interface Subscribing {
  /** Publications held for a subscriber that is behind; 1,024 unless named. */
  readonly bound?: number;
  /**
   * What happens beyond that: `drop-oldest` (the default) counts what it drops as dead letters,
   * `wait` slows the publishers down.
   */
  readonly overflow?: Extract<Overflow, "drop-oldest" | "drop-newest" | "wait">;
}

/** A subscription as the bus takes it: where publications go, and in what form. */
export interface BusSubscription extends Subscribing {
  readonly pattern: string;
  /** Who gets them: told `handler(batch)`, a list of publications. */
  readonly target: AnyRef;
  readonly handler: string;
  /** Whether the target takes batches of encoded publications, or decoded ones one by one. */
  readonly form: "batch" | "single";
}

/**
 * The protocol of the bus, the actor through which `subscribe`, `serve` and `call` reach topics and
 * procedures. This floor knows its protocol only; `mesh/` provides the actor.
 * Payloads and arguments are encoded values.
 */
export type Bus = {
  subscribe(subscription: BusSubscription): Promise<void>;
  unsubscribe(pattern: string, target: AnyRef): Promise<void>;
  serve(procedure: string, target: AnyRef, handler: string): Promise<void>;
  unserve(procedure: string, target: AnyRef): Promise<void>;
  call(procedure: string, args: Uint8Array): Promise<Uint8Array>;
};

/** The protocol of the actor that takes publications: apart from the bus, so that calls never wait. */
export type Publisher = {
  publish(topic: string, payload: Uint8Array): Promise<void>;
  /** Settles when topics have taken everything published before. */
  flush(): void;
};

/** What a node provides for its shards, and up to which size. */
export type BusParts = {
  readonly bus: AnyRef;
  readonly publisher: AnyRef;
  /** Largest encoded payload or argument list, in bytes. */
  readonly maxPayloadBytes: number;
};

/** A ref to the bus. */
export type BusRef = Ref<Bus>;
