import { type ActorDefinition, defineActor } from "../actors/mod.ts";
import type { NodeId } from "../security/mod.ts";
import type { EventListener, NodeEvent } from "./mesh_protocol.ts";

/** Takes the node's events to its user, and remembers which peers are synced. */
export class NodeEvents {
  readonly definition: ActorDefinition<[], EventListener>;
  readonly #synced = new Set<string>();
  readonly #waiting = new Map<string, PromiseWithResolvers<void>>();

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

  /** Settles when the peer is connected and has said what it has. */
  synced(peer: NodeId): Promise<void> {
    if (this.#synced.has(peer)) return Promise.resolve();
    let waiting = this.#waiting.get(peer);
    if (!waiting) this.#waiting.set(peer, waiting = Promise.withResolvers<void>());
    return waiting.promise;
  }

  #note(event: NodeEvent): void {
    if (event.event === "peer-down") this.#synced.delete(event.peer);
    if (event.event !== "peer-synced") return;
    this.#synced.add(event.peer);
    this.#waiting.get(event.peer)?.resolve();
    this.#waiting.delete(event.peer);
  }
}
