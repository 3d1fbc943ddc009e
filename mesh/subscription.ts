import {
  type ActorDefinition,
  type ActorSystem,
  defineActor,
  type Ref,
  type Subscribing,
} from "../actors/mod.ts";
import { BATCH_WINDOW } from "./constants.ts";
import { type Batch, envelopesOf, openEnvelope, type Publication } from "./publication.ts";

type Sink = { take(batch: Batch): Promise<void> };

/** Publications that may lie ready for a reader before the sink holds its subscriber back. */
const READY_BOUND = 256;

/**
 * The publications that match a pattern, as an async iterable for code outside of actors. It is
 * subscribed from the moment it is made; `ready` says when every connected peer knows. Ends with
 * `return`, `break` or `dispose`.
 */
export class Subscription implements AsyncIterableIterator<Publication>, AsyncDisposable {
  /**
   * Settles when this node and its peers deliver to it, those included that the DHT knew of; rejects
   * for a broken pattern.
   */
  readonly ready: Promise<void>;
  readonly pattern: string;
  readonly #system: ActorSystem;
  /** Settles when this node delivers to it, before others have been looked for. */
  readonly #subscribed: Promise<void>;
  #items: Publication[] = [];
  #at = 0;
  #reader: PromiseWithResolvers<IteratorResult<Publication>> | undefined;
  #room: PromiseWithResolvers<void> | undefined;
  #sink: Ref<Sink> | undefined;
  #ended = false;
  #failure: unknown;

  /** @param met settles when publishers that the DHT knows are connected, as far as they can be */
  constructor(
    system: ActorSystem,
    group: string,
    pattern: string,
    options: Subscribing,
    met: () => Promise<unknown>,
  ) {
    this.#system = system;
    this.pattern = pattern;
    this.#subscribed = this.#subscribe(group, options);
    this.#subscribed.catch((error) => this.#finish(error));
    this.ready = this.#subscribed.then(met).then(() => {});
    this.ready.catch(
      () => {/* told to whoever waits for it, and to readers if it is no subscription */},
    );
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next publication; waits for it. Reads must not overlap. */
  next(): Promise<IteratorResult<Publication>> {
    const item = this.#items[this.#at];
    if (item !== undefined) {
      this.#at++;
      if (this.#at === this.#items.length) this.#emptied();
      return Promise.resolve({ done: false, value: item });
    }
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    if (this.#reader) {
      return Promise.reject(
        new TypeError(`subscription ${this.pattern} is read twice at once: await the first read`),
      );
    }
    this.#reader = Promise.withResolvers();
    return this.#reader.promise;
  }

  /** Ends the subscription. */
  async return(): Promise<IteratorResult<Publication>> {
    this.#finish(undefined);
    this.#items = [];
    this.#at = 0;
    try {
      await this.#subscribed;
      if (this.#sink) {
        const sink = this.#sink;
        this.#sink = undefined;
        await this.#system.bus.unsubscribe(this.pattern, sink);
        await this.#system.stopActor(sink);
      }
    } catch { /* it never was, or its node has stopped: there is nothing to end */ }
    return { done: true, value: undefined };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async #subscribe(group: string, options: Subscribing): Promise<void> {
    const { pattern } = this;
    const definition: ActorDefinition<[], Sink> = defineActor(import.meta, (ctx) => ({
      take: async (batch: Batch): Promise<void> => {
        for (const envelope of envelopesOf(batch)) {
          try {
            this.#push(openEnvelope(envelope));
          } catch (error) {
            ctx.refuse(error);
          }
        }
        if (this.#items.length - this.#at < READY_BOUND || this.#ended) return;
        await (this.#room ??= Promise.withResolvers<void>()).promise;
      },
    }));
    this.#sink = await this.#system.spawn(definition, {
      placement: "here",
      restart: "temporary",
      label: `subscription ${pattern}`,
      mailbox: { bound: BATCH_WINDOW, overflow: "wait" },
    }, group);
    this.#system.monitor(this.#sink, () => this.#finish(undefined));
    await this.#system.bus.subscribe({
      ...options,
      ...{ pattern, target: this.#sink, handler: "take", form: "batch" },
    });
  }

  #push(publication: Publication): void {
    if (this.#ended) return;
    if (this.#reader) {
      this.#reader.resolve({ done: false, value: publication });
      this.#reader = undefined;
    } else {
      this.#items.push(publication);
    }
  }

  #emptied(): void {
    this.#items = [];
    this.#at = 0;
    this.#room?.resolve();
    this.#room = undefined;
  }

  #finish(failure: unknown): void {
    this.#ended = true;
    this.#failure = failure;
    if (this.#reader) {
      if (failure === undefined) this.#reader.resolve({ done: true, value: undefined });
      else this.#reader.reject(failure);
      this.#reader = undefined;
    }
    this.#room?.resolve();
    this.#room = undefined;
  }
}
