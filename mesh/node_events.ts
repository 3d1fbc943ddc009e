import { type ActorDefinition, ActorError, defineActor, EndedError } from "../actors/mod.ts";
import type { NodeId } from "../security/mod.ts";
import type { EventListener, NodeEvent } from "./mesh_protocol.ts";

/** Codes of a dial that will fail the same way next time: somebody has to do something about it. */
const REFUSALS = new Set([
  "bad-certificate",
  "wrong-id",
  "not-allowed",
  "wrong-network",
  "wrong-version",
  "self",
]);

/** Takes the node's events to its user, and remembers which peers are synced. */
export class NodeEvents {
  readonly definition: ActorDefinition<[], EventListener>;
  readonly #synced = new Set<string>();
  readonly #waiting = new Map<string, PromiseWithResolvers<void>[]>();
  #closed = false;

  constructor(onEvent: ((event: NodeEvent) => void) | undefined) {
    this.definition = defineActor(import.meta, () => ({
      event: (event: NodeEvent) => {
        this.#note(event);
        try {
          onEvent?.(event);
        } catch (error) {
          // It is the program's, and none of the node's business.
          console.error("macula: onEvent threw:", error);
        }
      },
    }));
  }

  /**
   * Settles when the peer is connected and has said what it has; rejects when one of the two
   * refuses the other, and when the node stops.
   */
  synced(peer: NodeId): Promise<void> {
    if (this.#synced.has(peer)) return Promise.resolve();
    const waiter = Promise.withResolvers<void>();
    if (this.#closed) waiter.reject(stopped());
    else this.#waiting.set(peer, [...this.#waiting.get(peer) ?? [], waiter]);
    return waiter.promise;
  }

  /** The node stops: nobody waits any longer. */
  close(): void {
    this.#closed = true;
    for (const peer of [...this.#waiting.keys()]) this.#settle(peer, stopped());
  }

  #note(event: NodeEvent): void {
    if (event.event === "peer-down") this.#synced.delete(event.peer);
    if (event.event === "peer-synced") {
      this.#synced.add(event.peer);
      this.#settle(event.peer, undefined);
    }
    if (event.event === "dial-failed" && REFUSALS.has(event.code)) {
      const { address, code, message } = event;
      const peer = address.slice(address.indexOf("//") + 2, address.indexOf("@"));
      this.#settle(peer, new ActorError(code, `${address}: ${message}`, { address }));
    }
  }

  #settle(peer: string, error: Error | undefined): void {
    const waiting = this.#waiting.get(peer) ?? [];
    this.#waiting.delete(peer);
    for (const { resolve, reject } of waiting) {
      if (error) reject(error);
      else resolve();
    }
  }
}

function stopped(): Error {
  return new EndedError("the node has stopped", { reason: "shutdown" });
}
