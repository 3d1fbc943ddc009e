/**
 * What the tests of the control socket share: a node that is none.
 *
 * @module
 */

import type { Publication, Value } from "../mod.ts";
import type { NodeFace, Publications, ServedHandler } from "./node_face.ts";

/** Publications that the test makes. */
export class FakePublications implements Publications {
  readonly ready = Promise.resolve();
  ended = false;
  taken = 0;
  readonly #items: Publication[] = [];
  #news = Promise.withResolvers<void>();

  /** Publishes a payload, with the next sequence. */
  publish(payload: Value): void {
    const sequence = this.#items.length + 1;
    this.#items.push({ topic: "iot/x", payload, publisher: "b", incarnation: 1, sequence });
    this.#tell();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Publication> {
    while (!this.ended) {
      const item = this.#items[this.taken];
      if (item) {
        this.taken++;
        yield item;
      } else {
        await this.#news.promise;
      }
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.ended = true;
    this.#tell();
    return Promise.resolve();
  }

  #tell(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}

/** A node that remembers what it is asked for, and answers with little. */
export class FakeNode {
  readonly published: (readonly [topic: string, payload: Value])[] = [];
  readonly served = new Map<string, ServedHandler>();
  readonly subscriptions: FakePublications[] = [];
  /** What calls come to; their arguments unless a test says otherwise. */
  onCall: (args: readonly Value[], signal: AbortSignal | undefined) => Promise<Value> = (args) =>
    Promise.resolve([...args] as null[]);

  /** The node as commands see it; what no test asks for is not there. */
  face(): NodeFace {
    const face: Partial<NodeFace> = {
      id: "bfake",
      publish: (topic, payload) => {
        this.published.push([topic, payload as Value]);
        return Promise.resolve();
      },
      call: (_procedure, args, { signal } = {}) => this.onCall(args, signal),
      subscribe: () => {
        const publications = new FakePublications();
        this.subscriptions.push(publications);
        return publications;
      },
      serve: (procedure, handler) => {
        this.served.set(procedure, handler);
        const end = () => Promise.resolve(void this.served.delete(procedure));
        return Promise.resolve({ [Symbol.asyncDispose]: end });
      },
    };
    return face as NodeFace;
  }
}
