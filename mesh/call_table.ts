import type { DeferredReply } from "../actors/mod.ts";
import type { Scope } from "./admission.ts";

/** A request that a peer has not answered. */
export interface OpenCall extends Pick<Scope, "realm" | "suite"> {
  readonly reply: DeferredReply;
  /** When its asker gives up, in ms of the clock that the table is told. */
  readonly expires: number;
}

/** Requests to one peer that are not answered, oldest first. */
export class CallTable {
  readonly #calls = new Map<number, OpenCall>();

  /** Enters a request. What has expired is forgotten: the askers have given up by themselves. */
  enter(id: number, call: OpenCall, now: number): void {
    for (const [old, { expires }] of this.#calls) {
      if (expires > now) break;
      this.#calls.delete(old);
    }
    this.#calls.set(id, call);
  }

  /** The request of an id, while it is open. */
  get(id: number): OpenCall | undefined {
    return this.#calls.get(id);
  }

  /** Takes a request out: it has been answered. */
  take(id: number): OpenCall | undefined {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    return call;
  }

  /** Fails whatever is open. */
  failAll(error: Error): void {
    for (const { reply } of this.#calls.values()) reply.fail(error);
    this.#calls.clear();
  }
}
