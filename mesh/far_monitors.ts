import {
  type ActorDefinition,
  type ActorSystem,
  defineActor,
  type ExitReason,
  exitReason,
  type Ref,
} from "../actors/mod.ts";
import type { ActorAddress } from "../transport/mod.ts";
import { downOf } from "./down_body.ts";
import { notExposed } from "./errors.ts";
import type { MeshBus, Watcher } from "./mesh_protocol.ts";

interface FarMonitor {
  readonly listener: (reason: ExitReason) => void;
  /** Tells of the end of the session that is to tell, once the monitor is set there. */
  guard: Disposable | undefined;
}

/** The monitors that code outside of actors has set on exposed actors, by their addresses. */
export class FarMonitors {
  /** The actor that sessions tell. */
  readonly definition: ActorDefinition<[], Watcher>;
  readonly #system: ActorSystem;
  readonly #bus: Ref<MeshBus>;
  /** Id of this node. */
  readonly #own: string;
  readonly #monitors = new Map<number, FarMonitor>();
  #watcher: Ref<Watcher> | undefined;
  #lastId = 0;

  constructor(system: ActorSystem, bus: Ref<MeshBus>, own: string) {
    this.#system = system;
    this.#bus = bus;
    this.#own = own;
    this.definition = defineActor(import.meta, (ctx) => {
      this.#watcher = ctx.self as Ref<Watcher>;
      ctx.onEnd(() => this.#stopped());
      return { down: (id, reason) => this.#down(id, reason) };
    });
  }

  /**
   * Monitors an actor. It is on its way to the other node when this returns, before whatever is sent
   * to the actor from then on.
   *
   * @param listener called once, unless the monitor was disposed of by then
   */
  monitor(address: ActorAddress, listener: (reason: ExitReason) => void): Disposable {
    const id = ++this.#lastId;
    this.#monitors.set(id, { listener, guard: undefined });
    const { nodeId } = address;
    const isSet = nodeId === this.#own ? this.#setHere(id, address) : this.#setThere(id, address);
    isSet.catch((error) => this.#down(id, downOf(error)));
    return {
      [Symbol.dispose]: () => {
        if (this.#take(id)?.guard) this.#bus.tell.demonitor(nodeId, id);
      },
    };
  }

  async #setHere(id: number, { realm, name }: ActorAddress): Promise<void> {
    const target = await this.#bus.ask.exposed({ realm, name });
    if (!target) throw notExposed(realm, name);
    this.#guard(id, this.#system.monitor(target, (reason) => this.#down(id, reason)));
  }

  async #setThere(id: number, { nodeId, realm, name }: ActorAddress): Promise<void> {
    const watcher = this.#watcher as Ref<Watcher>;
    const session = await this.#bus.ask.monitor(nodeId, { realm, name }, watcher, id);
    // The session tells of a lost connection itself; this is for one that could not.
    const guard = this.#system.monitor(session, ({ message }) => {
      const text = `the connection to node ${nodeId} is lost: ${message}`;
      this.#down(id, exitReason("disconnected", text));
    });
    if (!this.#guard(id, guard)) this.#bus.tell.demonitor(nodeId, id);
  }

  /** Whether anybody wants to know still. */
  #guard(id: number, guard: Disposable): boolean {
    const monitor = this.#monitors.get(id);
    if (monitor) monitor.guard = guard;
    else guard[Symbol.dispose]();
    return monitor !== undefined;
  }

  #down(id: number, reason: ExitReason): void {
    const monitor = this.#take(id);
    try {
      monitor?.listener(reason);
    } catch (error) {
      // It is the program's, and none of the node's business.
      console.error("macula: the listener of a monitor threw:", error);
    }
  }

  #take(id: number): FarMonitor | undefined {
    const monitor = this.#monitors.get(id);
    this.#monitors.delete(id);
    monitor?.guard?.[Symbol.dispose]();
    return monitor;
  }

  #stopped(): void {
    const reason = exitReason("disconnected", "this node has stopped");
    for (const id of [...this.#monitors.keys()]) this.#down(id, reason);
  }
}
