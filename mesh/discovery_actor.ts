import {
  type ActorContext,
  type ActorDefinition,
  defineActor,
  EndedError,
  type Ref,
} from "../actors/mod.ts";
import type { Dht, DhtProvider } from "../dht/mod.ts";
import {
  DISCOVERY_LOST_MS,
  DISCOVERY_PERIOD_MS,
  DISCOVERY_SETTLE_MS,
  JOIN_DEADLINE_MS,
  MAX_MET,
  MAX_SILENT,
  MEETING_MS,
  MEETINGS_AT_ONCE,
  SAYING_MS,
  SILENT_MS,
} from "./constants.ts";
import type { Discovery, EventListener, Peers } from "./mesh_protocol.ts";

/**
 * Finds others in the DHT: says there what this node takes part in, looks up who else does, and
 * connects to them. It looks when the node begins to take part in something, when it has joined the
 * DHT, when a peer is lost, and from time to time, so that two parts of a network that meet find each
 * other.
 *
 * It does not wait for anybody itself: what it is asked is answered when the others have come, and
 * after {@link MEETING_MS} at most, whoever does not answer.
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
  /** Providers that did not come, and until when they are not waited for again. */
  readonly #silent = new Map<string, number>();
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
      meetOne: (name) => {
        const reply = this.#ctx.deferReply();
        this.#meetOne(name).then(reply.ok, reply.fail);
        return Promise.resolve(false);
      },
      reach: (peer) => {
        const reply = this.#ctx.deferReply();
        const { remainingMs = MEETING_MS } = this.#ctx.message ?? {};
        this.#reach(peer, [], performance.now() + remainingMs).then(() => reply.ok(), reply.fail);
        return Promise.resolve();
      },
      grown: () => {
        if (!this.#joined) this.#meetSoon(DISCOVERY_SETTLE_MS);
      },
      lost: () => this.#meetSoon(DISCOVERY_LOST_MS),
      tick: () => {
        this.#ctx.after(DISCOVERY_PERIOD_MS, "tick");
        this.#meetAll().catch(() => {/* the DHT was too slow: there is another time */});
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

  /** Peers that come, or go, in a row are one reason. */
  #meetSoon(delayMs: number): void {
    if (this.#armed) return;
    this.#armed = true;
    this.#ctx.after(delayMs, "meetAll");
  }

  async #meetAll(): Promise<void> {
    try {
      await this.#dht.with({ deadlineMs: JOIN_DEADLINE_MS }).ask.joined();
      await this.#tellNews();
    } catch (error) {
      if (error instanceof EndedError) return; // the node is stopping
      throw error;
    }
    // Who serves a procedure does not look for others who do.
    const names = [...this.#names.keys()].filter((name) => !isProcedure(name));
    const work = async (): Promise<void> => {
      for (let name = names.shift(); name !== undefined; name = names.shift()) {
        await this.#meet(name);
      }
    };
    await Promise.all(Array.from({ length: MEETINGS_AT_ONCE }, work));
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
    const until = performance.now() + MEETING_MS;
    const others = await this.#others(name, until);
    const now = performance.now();
    const heard = others.filter((provider) => (this.#silent.get(keyOf(provider)) ?? 0) <= now);
    const come = await Promise.all(heard.map((provider) => this.#come(provider, until)));
    return come.filter(Boolean).length;
  }

  async #meetOne(name: string): Promise<boolean> {
    const until = performance.now() + MEETING_MS;
    const others = await this.#others(name, until);
    try {
      const reached = others.map(({ peer, addresses }) => this.#reach(peer, addresses, until));
      await Promise.any(reached);
      return true;
    } catch {
      return false; // none of them is there (any more)
    }
  }

  /** Who else takes part in a name: some of them, other ones each time, when they are many. */
  async #others(name: string, until: number): Promise<DhtProvider[]> {
    await this.#saying.get(name);
    await this.#dht.with(left(until)).ask.joined();
    const providers = await this.#dht.with(left(until)).ask.providers(name);
    const others = providers.filter(({ peer }) => peer !== this.#nodeId);
    return shuffled(others).slice(0, MAX_MET);
  }

  async #come(provider: DhtProvider, until: number): Promise<boolean> {
    const { peer, addresses } = provider;
    const key = keyOf(provider);
    try {
      await this.#reach(peer, addresses, until);
      this.#silent.delete(key);
      return true;
    } catch {
      // It is gone, refuses, or says nothing: publications are not to wait for it time and again.
      const [oldest] = this.#silent.keys();
      if (oldest !== undefined && this.#silent.size >= MAX_SILENT) this.#silent.delete(oldest);
      this.#silent.set(key, performance.now() + SILENT_MS);
      return false;
    }
  }

  async #reach(peer: string, addresses: readonly string[], until: number): Promise<void> {
    await this.#dht.with(left(until)).ask.reach(peer, addresses);
    await this.#peers?.with(left(until)).ask.whenSynced(peer);
  }
}

/** A provider at its addresses: one that has moved is another. */
function keyOf({ peer, addresses }: DhtProvider): string {
  return [peer, ...addresses].join(" ");
}

/** Options of an ask that ends at a time of `performance.now()`. */
function left(until: number): { readonly deadlineMs: number } {
  return { deadlineMs: Math.max(1, until - performance.now()) };
}

function shuffled<T>(items: readonly T[]): T[] {
  const rest = [...items];
  for (let i = rest.length - 1; i > 0; i--) {
    const at = Math.floor(Math.random() * (i + 1));
    [rest[i], rest[at]] = [rest[at] as T, rest[i] as T];
  }
  return rest;
}

function isProcedure(name: string): boolean {
  return name.startsWith("proc/");
}
