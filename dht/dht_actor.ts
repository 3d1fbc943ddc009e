import {
  type ActorContext,
  type ActorDefinition,
  ActorError,
  defineActor,
  type Ref,
} from "../actors/mod.ts";
import { type Identity, type IdentitySource, openIdentity } from "../security/mod.ts";
import { formatHostPort, type HostPort } from "../transport/mod.ts";
import { JOIN_SETTLE_MS, KEY_BYTES, REQUEST_CEILING_MS } from "./constants.ts";
import { type Contact, parseAddress } from "./contact.ts";
import {
  type DhtInside,
  type Exchange,
  later,
  type LookupResult,
  type Maintenance,
  type RoutingTable,
  type Store,
  type Task,
} from "./dht_inside.ts";
import type {
  Dht,
  DhtDialler,
  DhtLookup,
  DhtPeer,
  DhtProvider,
  DhtRecord,
  DhtStats,
} from "./dht_protocol.ts";
import { type DiallingRules, mayDial } from "./dialling_rules.ts";
import exchangeActor from "./exchange_actor.ts";
import { keyBytes, keyText, pointInBucket, providerKey } from "./key.ts";
import { isCriticalName } from "./lookup.ts";
import { Lookups } from "./lookups.ts";
import maintenanceActor from "./maintenance_actor.ts";
import { OwnAddresses } from "./own_addresses.ts";
import { type OwnWords, Publishing } from "./publishing.ts";
import { type DhtEntry, readRecord } from "./record.ts";
import recordStoreActor from "./record_store_actor.ts";
import responderActor from "./responder_actor.ts";
import routingTableActor from "./routing_table_actor.ts";

/** What the DHT is started with: plain data. */
export type DhtStart = DiallingRules & {
  readonly identity: IdentitySource;
  /**
   * A `server` answers, holds records and is a contact of others, once somebody has found that it
   * can be dialled. A `client` only asks.
   */
  readonly mode: "server" | "client";
};

/**
 * The face of the DHT, and the supervisor of its parts: store, routing table, responder, exchange,
 * maintenance, and an actor for each lookup.
 */
const dht: ActorDefinition<[DhtStart, Ref<DhtDialler>], Dht> = defineActor(
  import.meta,
  async (ctx, start: DhtStart, dialler: Ref<DhtDialler>): Promise<Dht> => {
    const identity = await openIdentity(start.identity);
    const parts = await spawnParts(ctx, start, identity.nodeId, dialler);
    const state = new DhtState(ctx, start, identity, parts);
    await state.restore();
    return state.handlers();
  },
);
export default dht;

interface Parts {
  readonly store: Ref<Store>;
  readonly table: Ref<RoutingTable>;
  readonly exchange: Ref<Exchange>;
  readonly maintenance: Ref<Maintenance>;
}

async function spawnParts(
  ctx: ActorContext,
  { mode, open, allow }: DhtStart,
  self: string,
  dialler: Ref<DhtDialler>,
): Promise<Parts> {
  const own = { placement: "here", restart: "permanent" } as const;
  const face = ctx.self as Ref<DhtInside>;
  const store = await ctx.spawn(recordStoreActor, { ...own, label: "store", args: [self] });
  const table = await ctx.spawn(routingTableActor, { ...own, label: "table", args: [self] });
  const responder = await ctx.spawn(responderActor, {
    ...{ ...own, label: "responder", args: [{ mode }, store, table, dialler] },
  });
  const exchange = await ctx.spawn(exchangeActor, {
    ...{ ...own, label: "exchange" },
    args: [{ self, mode, open, allow }, table, responder, dialler, face],
  });
  const maintenance = await ctx.spawn(maintenanceActor, {
    ...{ ...own, label: "maintenance", args: [face] },
  });
  return { store, table, exchange, maintenance };
}

/** What survives a restart of the face, which takes its parts with it. */
type Kept = { readonly peers: readonly KnownPeer[]; readonly words: OwnWords };

/** A connected peer, and where it is known to be reachable. */
type KnownPeer = { readonly up: DhtPeer; readonly address: HostPort | null };

class DhtState {
  readonly #ctx: ActorContext;
  readonly #start: DhtStart;
  readonly #self: string;
  readonly #parts: Parts;
  readonly #lookups: Lookups;
  readonly #publishing: Publishing;
  readonly #addresses = new OwnAddresses();
  readonly #peers = new Map<string, KnownPeer>();
  /** Connections to known addresses that have not shown yet whether they lead to a contact. */
  readonly #introducing = new Map<string, number>();
  /** Attempts to reach a peer, by the peer and where it is said to be. */
  readonly #reaching = new Map<string, Promise<void>>();
  /** Where the first look-up of its own stands; there is none for a node alone. */
  #joining: "alone" | "joining" | "joined" = "alone";
  /** Whether somebody who waited was told that it has joined: nothing that comes later undoes it. */
  #settled = false;
  /** Fires when those who wait for the join have waited long enough. */
  #settling: Disposable | undefined;
  #whenJoined: (() => void)[] = [];

  constructor(ctx: ActorContext, start: DhtStart, identity: Identity, parts: Parts) {
    const { mode, open } = start;
    const { store, table, exchange } = parts;
    this.#ctx = ctx;
    this.#start = start;
    this.#self = identity.nodeId;
    this.#parts = parts;
    this.#lookups = new Lookups(ctx, { self: identity.nodeId, open }, table, exchange);
    this.#publishing = new Publishing({
      ...{ identity, mode, store, lookups: this.#lookups },
      exchange: exchange.with({ deadlineMs: REQUEST_CEILING_MS }),
      addresses: () => this.#addresses.announced,
    });
    ctx.keep((): Kept => ({ peers: [...this.#peers.values()], words: this.#publishing.words }));
  }

  async restore(): Promise<void> {
    const kept = this.#ctx.kept<Kept>();
    if (!kept) return;
    await this.#publishing.restore(kept.words);
    for (const { up, address } of kept.peers) this.#peerUp(up, address);
  }

  handlers(): DhtInside {
    const { exchange, table } = this.#parts;
    const ctx = this.#ctx;
    return {
      peerUp: (peer) => this.#peerUp(peer, peer.dialled ? peer.remote : null),
      peerDown: (peer, number, left = false) => {
        // Whoever stays in the table is told to others, who would dial it in vain.
        if (left && this.#peers.get(peer)?.up.connectionNumber === number) table.tell.left(peer);
        this.#peerDown(peer, number);
      },
      message: (peer, number, message) => exchange.tell.message(peer, number, message),
      joined: () => later(ctx, () => this.#joined()),
      reach: (peer, hints) => later(ctx, () => this.#reach(peer, hints)),
      findNode: (target) => later(ctx, () => this.#findNode(target)),
      get: (owner, name) => later(ctx, () => this.#get(owner, name)),
      getImmutable: (key) => later(ctx, () => this.#getImmutable(key)),
      put: (name, value, expected) => later(ctx, () => this.#publishing.put(name, value, expected)),
      putImmutable: (value) => later(ctx, () => this.#publishing.putImmutable(value)),
      provide: (name) => later(ctx, () => this.#publishing.provide(name)),
      withdraw: (name) => {
        this.#publishing.withdraw(name).catch(() => {/* the last word expires by itself */});
      },
      withdrawAll: () => later(ctx, () => this.#publishing.withdrawAll()),
      providers: (name) => later(ctx, () => this.#providers(name)),
      table: () => later(ctx, () => table.ask.list()),
      stats: () => later(ctx, () => this.#stats()),
      admitted: () => this.#admitted(),
      reachable: (peer, number, address) => this.#reachable(peer, number, address),
      introduced: (peer, number) => this.#introduced(peer, number),
      confirmed: (peer, address) => this.#confirmed(peer, address),
      joinOverdue: () => this.#joinOverdue(),
      maintain: (task) => later(ctx, () => this.#maintain(task)),
    };
  }

  // ---- peers -------------------------------------------------------------------------------

  #peerUp(up: DhtPeer, address: HostPort | null): void {
    this.#peers.set(up.peer, { up, address });
    if (address) this.#introducing.set(up.peer, up.connectionNumber);
    if (!this.#settled) this.#settling ??= this.#ctx.after(JOIN_SETTLE_MS, "joinOverdue");
    this.#parts.exchange.tell.peerUp(up, address);
  }

  #reachable(peer: string, number: number, address: HostPort): void {
    const known = this.#peers.get(peer);
    if (known?.up.connectionNumber === number) this.#peers.set(peer, { up: known.up, address });
  }

  #peerDown(peer: string, number: number): void {
    if (this.#peers.get(peer)?.up.connectionNumber === number) {
      this.#peers.delete(peer);
      this.#addresses.forget(peer);
    }
    this.#introduced(peer, number);
    this.#parts.exchange.tell.peerDown(peer, number);
  }

  #introduced(peer: string, number: number): void {
    if (this.#introducing.get(peer) === number) this.#introducing.delete(peer);
    this.#maybeJoined();
  }

  #admitted(): void {
    if (this.#joining !== "alone") return;
    this.#joining = "joining";
    this.#parts.maintenance.tell.contact();
  }

  #confirmed(peer: string, address: HostPort): void {
    if (!this.#addresses.confirm(peer, address)) return;
    // Whoever found this node under its old addresses, or under none, is to find it under these.
    void this.#publishing.provideAgain();
  }

  async #joined(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#whenJoined.push(resolve);
      this.#maybeJoined();
    });
  }

  #joinOverdue(): void {
    this.#settling = undefined;
    // Alone again, as with none but clients: the next first peer has as long.
    if (this.#joining === "alone" && this.#introducing.size === 0) return;
    this.#settled = true;
    this.#maybeJoined();
  }

  #maybeJoined(): void {
    if (!this.#settled) {
      if (this.#joining === "joining" || this.#introducing.size > 0) return;
      this.#settled = this.#joining === "joined";
      if (this.#settled) this.#settling?.[Symbol.dispose]();
    }
    for (const resolve of this.#whenJoined.splice(0)) resolve();
  }

  // ---- finding -----------------------------------------------------------------------------

  async #findNode(target: string): Promise<DhtLookup> {
    const { closest, hops, ms } = await this.#lookups.run("nodes", keyBytes(target));
    return { target, closest: closest.map(shown), hops, ms };
  }

  async #get(owner: string, name: string): Promise<DhtRecord | null> {
    const { tally } = await this.#publishing.newest(owner, name);
    if (tally.equivocal && isCriticalName(name)) {
      const message = `${owner} signed two records "${name}" of one sequence: neither is trusted`;
      throw new ActorError("equivocation", message, { owner, name });
    }
    return tally.best && recordOf(tally.best);
  }

  async #getImmutable(key: string): Promise<DhtRecord | null> {
    const target = keyBytes(key);
    const held = await this.#parts.store.ask.get(key);
    const { records } = held ? { records: [] } : await this.#lookups.run("first", target);
    const bytes = held ?? records[0]?.bytes;
    return bytes ? recordOf(readRecord(bytes)) : null;
  }

  async #providers(name: string): Promise<DhtProvider[]> {
    const target = providerKey(name);
    const { providers }: LookupResult = await this.#lookups.run("providers", target);
    const found = new Map(providers.map((provider) => [provider.peer, provider]));
    // Who told of what is held here is not known any more. On a node that is not open all is on
    // loopback; on one that is open nobody's word for a loopback address is taken.
    const toldBy = this.#start.open ? "" : "127.0.0.1";
    for (const bytes of await this.#parts.store.ask.providers(keyText(target))) {
      const record = readRecord(bytes);
      if (record.kind !== "provider" || record.withdrawn || found.has(record.owner)) continue;
      const isOwn = record.owner === this.#self;
      const addresses = record.addresses.filter((address) =>
        isOwn || mayDial(toldBy, parseAddress(address), this.#start.open)
      );
      found.set(record.owner, { peer: record.owner, addresses });
    }
    return [...found.values()];
  }

  // ---- reaching ----------------------------------------------------------------------------

  #reach(peer: string, hints: readonly string[]): Promise<void> {
    const wish = [peer, ...hints].join(" ");
    const running = this.#reaching.get(wish);
    if (running) return running;
    const attempt = this.#connect(peer, hints).finally(() => this.#reaching.delete(wish));
    this.#reaching.set(wish, attempt);
    return attempt;
  }

  async #connect(peer: string, hints: readonly string[]): Promise<void> {
    const target = keyBytes(peer);
    if (peer === this.#self) throw unreachable(peer, ["it is this node itself"]);
    const exchange = this.#parts.exchange.with({ deadlineMs: REQUEST_CEILING_MS });
    if (await exchange.ask.connected(peer)) return;
    const tried: string[] = [];
    const hinted = hints.map(parseAddress)
      // A hint is this node's own user's word, who may have it from a record of somebody else's.
      .filter((address) => mayDial("127.0.0.1", address, this.#start.open));
    const from = async (what: string, addresses: readonly HostPort[]): Promise<boolean> => {
      if (addresses.length === 0) tried.push(`${what} gave no address that may be dialled`);
      else {
        try {
          await exchange.ask.connect({ peer, addresses });
          return true;
        } catch (error) {
          if (!(error instanceof ActorError)) throw error;
          tried.push(error.message);
        }
      }
      return false;
    };
    if (hinted.length > 0 && await from("the hints", hinted)) return;
    const { closest } = await this.#lookups.run("nodes", target);
    // Whoever the lookup asked is connected now, if it is the one that was looked for.
    if (await exchange.ask.connected(peer)) return;
    const found = closest.find((contact) => contact.peer === peer);
    if (await from(`a lookup among ${closest.length} nodes`, found?.addresses ?? [])) return;
    throw unreachable(peer, tried);
  }

  // ---- maintenance -------------------------------------------------------------------------

  async #maintain(task: Task): Promise<void> {
    switch (task) {
      case "join":
        return await this.#join();
      case "self-lookup":
        await this.#lookups.run("nodes", keyBytes(this.#self));
        return;
      case "refresh":
        for (const prefix of await this.#parts.table.ask.prefixes()) {
          const random = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
          await this.#lookups.run("nodes", pointInBucket(keyBytes(this.#self), prefix, random));
        }
        return;
      case "replicate":
        return await this.#publishing.replicate();
      case "republish":
        return await this.#publishing.republish();
      case "provide-again":
        return await this.#publishing.provideAgain();
      case "sweep":
        await this.#parts.store.ask.sweep();
    }
  }

  async #join(): Promise<void> {
    try {
      await this.#lookups.run("nodes", keyBytes(this.#self));
    } finally {
      this.#joining = "joined";
      this.#maybeJoined();
    }
    // What was put and provided while this node was alone.
    await this.#publishing.republish();
    await this.#publishing.provideAgain();
  }

  async #stats(): Promise<DhtStats> {
    const { exchange, store, table } = this.#parts;
    const [{ rejected, ...requests }, held, { contacts, buckets }] = await Promise.all([
      exchange.ask.counts(),
      store.ask.counts(),
      table.ask.counts(),
    ]);
    return {
      mode: this.#start.mode,
      joined: this.#joining === "joined",
      addresses: this.#addresses.announced,
      ...{ contacts, buckets, ...held, lookups: this.#lookups.count, ...requests, rejected },
    };
  }
}

function shown({ peer, addresses }: Contact): DhtProvider {
  return { peer, addresses: addresses.map(formatHostPort) };
}

function recordOf(entry: DhtEntry): DhtRecord | null {
  switch (entry.kind) {
    case "immutable": {
      const { key, value } = entry;
      return { key, owner: null, name: null, sequence: 0, value, validUntil: Infinity };
    }
    case "mutable": {
      const { key, owner, name, sequence, value, validUntil } = entry;
      return { key, owner, name, sequence, value, validUntil };
    }
    case "provider":
      return null;
  }
}

function unreachable(peer: string, tried: readonly string[]): ActorError {
  const message = `${peer} cannot be reached: ${tried.join("; ")}`;
  return new ActorError("unreachable", message, { peer });
}
