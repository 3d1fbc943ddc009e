import { type ActorContext, type ActorDefinition, defineActor, type Ref } from "../actors/mod.ts";
import type { Dht, DhtProvider } from "../dht/mod.ts";
import {
  DISCOVERY_PERIOD_MS,
  DISCOVERY_SETTLE_MS,
  MAX_MET,
  MEETING_MS,
  SAYING_MS,
} from "./constants.ts";
import type { Discovery, EventListener, Peers } from "./mesh_protocol.ts";

/**
 * Finds others in the DHT: says there what this node takes part in, looks up who else does, and
 * connects to them. It looks when the node begins to take part in something, when there are more
 * peers to ask, and from time to time, so that two parts of a network that meet find each other.
 *
 * It does not wait for anybody itself: what it is asked is answered when the others have come, and
 * one that does not answer costs the rest no more than {@link MEETING_MS}.
 */
const discovery: ActorDefinition<[string, Ref<Dht>, Ref<EventListener>], DiscoveryShell> =
  defineActor(
    import.meta,
    (ctx, nodeId: string, dht: Ref<Dht>, listener: Ref<EventListener>) =>
      new DiscoveryState(ctx, nodeId, dht, listener).handlers(),
  );
export default discovery;

/** The protocol with what the node's start needs: the two actors know each other. */
export type DiscoveryShell = Discovery & {
  attach(peers: Ref<Peers>): void;
};

class DiscoveryState {
  readonly #ctx: ActorContext;
  readonly #nodeId: string;
  readonly #dht: Ref<Dht>;
  readonly #listener: Ref<EventListener>;
  /** What this node takes part in, and how many of its parts do. */
  readonly #names = new Map<string, number>();
  /** Names of which the DHT is being told, and meetings that are going on. */
  readonly #saying = new Map<string, Promise<void>>();
  readonly #meeting = new Map<string, Promise<number>>();
  readonly #reached = new Set<string>();
  #peers: Ref<Peers> | undefined;
  #armed = false;
  #joined = false;

  constructor(ctx: ActorContext, nodeId: string, dht: Ref<Dht>, listener: Ref<EventListener>) {
    this.#ctx = ctx;
    this.#nodeId = nodeId;
    this.#dht = dht;
    this.#listener = listener;
    ctx.after(DISCOVERY_PERIOD_MS, "tick");
  }

  handlers(): DiscoveryShell {
    return {
      attach: (peers) => {
        this.#peers = peers;
      },
      join: (names) => this.#join(names),
      leave: (names) => this.#leave(names),
      meet: (names) => {
        const reply = this.#ctx.deferReply();
        const met = Promise.all(names.map((name) => this.#meet(name)));
        met.then((counts) => reply.ok(counts.reduce((sum, n) => sum + n, 0))).catch(reply.fail);
        return Promise.resolve(0);
      },
      reach: (peer) => {
        const reply = this.#ctx.deferReply();
        this.#reach(peer, []).then(() => reply.ok(), reply.fail);
        return Promise.resolve();
      },
      grown: () => this.#grown(),
      tick: () => {
        this.#ctx.after(DISCOVERY_PERIOD_MS, "tick");
        void this.#meetAll();
      },
      meetAll: () => {
        this.#armed = false;
        const reply = this.#ctx.deferReply();
        this.#meetAll().then(() => reply.ok(), reply.fail);
      },
    };
  }

  #join(names: readonly string[]): void {
    for (const name of names) {
      const parts = this.#names.get(name) ?? 0;
      this.#names.set(name, parts + 1);
      if (parts === 0) void this.#begin(name);
    }
  }

  /**
   * Says in the DHT that the node takes part, and only then looks for others: so of two nodes that
   * begin at once, one finds the other.
   */
  async #begin(name: string): Promise<void> {
    const said = this.#dht.with({ deadlineMs: SAYING_MS }).ask.provide(name).then(
      () => {},
      () => {}, // nobody could be told now: the DHT says it again when there are others
    );
    this.#saying.set(name, said);
    await said;
    if (this.#saying.get(name) === said) this.#saying.delete(name);
    if (!isProcedure(name)) await this.#meet(name);
  }

  #leave(names: readonly string[]): void {
    for (const name of names) {
      const parts = this.#names.get(name);
      if (parts === undefined) continue;
      if (parts > 1) this.#names.set(name, parts - 1);
      else {
        this.#names.delete(name);
        this.#dht.tell.withdraw(name);
      }
    }
  }

  /** Peers that come in a row are asked together. */
  #grown(): void {
    if (this.#armed) return;
    this.#armed = true;
    this.#ctx.after(DISCOVERY_SETTLE_MS, "meetAll");
  }

  async #meetAll(): Promise<void> {
    try {
      await this.#dht.ask.joined();
      await this.#tellNews();
    } catch {
      return; // the DHT has ended, and the node with it
    }
    // Who serves a procedure does not look for others who do.
    const names = [...this.#names.keys()].filter((name) => !isProcedure(name));
    await Promise.all(names.map((name) => this.#meet(name)));
  }

  /** Tells once that the DHT is joined, and where this node was reached. */
  async #tellNews(): Promise<void> {
    const { contacts, addresses } = await this.#dht.ask.stats();
    if (!this.#joined && contacts > 0) {
      this.#joined = true;
      this.#listener.tell.event({ event: "dht-joined", contacts });
    }
    for (const address of addresses) {
      if (this.#reached.has(address)) continue;
      this.#reached.add(address);
      this.#listener.tell.event({ event: "reachable", address });
    }
  }

  /** Connects to those who take part in a name; how many are connected then. Never rejects. */
  #meet(name: string): Promise<number> {
    const present = this.#meeting.get(name);
    if (present) return present;
    const meeting = this.#meetNow(name)
      .catch(() => 0) // nobody can be asked now: there is another time
      .finally(() => this.#meeting.delete(name));
    this.#meeting.set(name, meeting);
    return meeting;
  }

  async #meetNow(name: string): Promise<number> {
    await this.#saying.get(name);
    await this.#dht.ask.joined();
    const providers = await this.#dht.ask.providers(name);
    const others = providers.filter(({ peer }) => peer !== this.#nodeId).slice(0, MAX_MET);
    const come = await Promise.all(others.map((provider) => this.#come(provider)));
    return come.filter(Boolean).length;
  }

  async #come({ peer, addresses }: DhtProvider): Promise<boolean> {
    try {
      await this.#reach(peer, addresses);
      return true;
    } catch {
      return false; // it is gone, or refuses: its record will expire
    }
  }

  async #reach(peer: string, addresses: readonly string[]): Promise<void> {
    const options = { deadlineMs: MEETING_MS };
    await this.#dht.with(options).ask.reach(peer, addresses);
    await this.#peers?.with(options).ask.whenSynced(peer);
  }
}

function isProcedure(name: string): boolean {
  return name.startsWith("proc/");
}
