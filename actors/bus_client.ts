import { parseTopic } from "../names/mod.ts";
import { decodeValue, encodeValue, REF } from "../values/mod.ts";
import type { Bus, BusParts, BusSubscription, Publisher } from "./bus.ts";
import { PUBLISH_WINDOW } from "./constants.ts";
import type { CallOptions } from "./context.ts";
import { ActorError } from "./errors.ts";
import type { Incarnation } from "./incarnation.ts";
import type { Kernel } from "./kernel.ts";
import { mailboxProblem } from "./mailbox.ts";
import type { AnyRef, Ref } from "./ref.ts";

/** One shard's way to topics and procedures: encodes, and holds publishers back when those are behind. */
export class BusClient {
  readonly #kernel: Kernel;
  #parts: BusParts | undefined;
  #inFlight = 0;
  #room: PromiseWithResolvers<void> | undefined;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** The node is there. */
  attach(parts: BusParts): void {
    this.#parts = parts;
  }

  /**
   * Publishes; settles when fewer than {@link PUBLISH_WINDOW} publications of this shard are on
   * their way. One that does not wait may find its publications refused, and counted, when too many
   * are.
   */
  publish(topic: string, payload: unknown): Promise<void> {
    parseTopic(topic);
    const bytes = this.#encode(payload, "payload");
    const taken = this.#publisher().send.publish(topic, bytes);
    this.#inFlight++;
    const done = () => {
      this.#inFlight--;
      if (this.#inFlight < PUBLISH_WINDOW && this.#room) {
        this.#room.resolve();
        this.#room = undefined;
      }
    };
    taken.then(done, done);
    if (this.#inFlight < PUBLISH_WINDOW) return Promise.resolve();
    return (this.#room ??= Promise.withResolvers<void>()).promise;
  }

  /** @throws {RangeError} when bound or overflow are out of bounds */
  async subscribe(subscription: BusSubscription): Promise<void> {
    const { bound, overflow } = subscription;
    const problem = mailboxProblem({
      ...(bound !== undefined && { bound }),
      ...(overflow !== undefined && { overflow }),
    });
    if (problem) throw problem;
    await this.#ref().ask.subscribe(subscription);
  }

  async unsubscribe(pattern: string, target: AnyRef): Promise<void> {
    await this.#ref().ask.unsubscribe(pattern, target);
  }

  async serve(procedure: string, target: AnyRef, handler: string): Promise<void> {
    await this.#ref().ask.serve(procedure, target, handler);
  }

  async unserve(procedure: string, target: AnyRef): Promise<void> {
    await this.#ref().ask.unserve(procedure, target);
  }

  async call(
    procedure: string,
    args: readonly unknown[],
    options: CallOptions,
    owner?: Incarnation,
  ): Promise<unknown> {
    const bytes = this.#encode(args, "args");
    const reply = await this.#ref(owner).with(options).ask.call(procedure, bytes);
    return decodeValue(reply, "result");
  }

  /** Settles when topics have taken what this shard published so far. */
  async flush(options: CallOptions): Promise<void> {
    await this.#publisher().with(options).ask.flush();
  }

  #encode(value: unknown, what: string): Uint8Array {
    const bytes = encodeValue(value, what);
    const { maxPayloadBytes } = this.#node;
    if (bytes.byteLength > maxPayloadBytes) {
      throw new RangeError(
        `${what} has ${bytes.byteLength} bytes encoded, the limit is ${maxPayloadBytes}: send ` +
          `less at once, or raise maxFrameBytes on every node`,
      );
    }
    return bytes;
  }

  get #node(): BusParts {
    if (this.#parts) return this.#parts;
    throw new ActorError("no-bus", "this actor system is not part of a node: it has no bus");
  }

  #ref(owner?: Incarnation): Ref<Bus> {
    return this.#kernel.ref<Bus>(this.#node.bus[REF], owner);
  }

  #publisher(): Ref<Publisher> {
    return this.#kernel.ref<Publisher>(this.#node.publisher[REF]);
  }
}
