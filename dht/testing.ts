/**
 * What tests and benchmarks of the DHT share: nodes in one process, joined by a network that is only
 * a map. It takes a system as it is, so that its clock may be a fake one.
 *
 * @module
 */
import { ActorError, type ActorSystem, defineActor, type Ref } from "../actors/mod.ts";
import { createIdentity, type NewIdentity } from "../security/mod.ts";
import { formatHostPort, type HostPort } from "../transport/mod.ts";
import dhtActor from "./dht_actor.ts";
import type { Dht, DhtDialler, DhtLink } from "./dht_protocol.ts";
import { decodeMessage, encodeReply, type Reply, type Request } from "./messages.ts";

/** How a node of a {@link FakeNetwork} is started. */
export interface FakeNodeOptions {
  readonly mode?: "server" | "client";
  readonly open?: boolean;
  readonly allow?: readonly string[] | null;
  /** 127.0.0.1 unless named. */
  readonly host?: string;
  /** A new one unless named. */
  readonly identity?: NewIdentity;
  /** Whether others get through to it; true unless named. */
  readonly reachable?: boolean;
}

/** A node of a {@link FakeNetwork}. */
export interface FakeNode {
  readonly id: string;
  readonly identity: NewIdentity;
  readonly address: HostPort;
  readonly dht: Ref<Dht>;
}

/** What a node that is no actor does with a message; what it returns is sent back. */
export type Behaviour = (message: Uint8Array, from: string) => readonly Uint8Array[];

interface Place {
  readonly id: string;
  readonly address: HostPort;
  readonly reachable: boolean;
  /** Connections, by the other's id. */
  readonly connections: Map<string, number>;
  up(peer: string, number: number, link: Ref<DhtLink>, ends: Ends): void;
  down(peer: string, number: number): void;
  /** What arrives from a peer. */
  message(peer: string, number: number, message: Uint8Array): void;
}

type Ends = { readonly dialled: boolean; readonly remote: HostPort; readonly observed: HostPort };

/** A network without sockets: who dials an address reaches whoever is there, at once. */
export class FakeNetwork {
  readonly #system: ActorSystem;
  readonly #places = new Map<string, Place>();
  readonly #silent = new Set<string>();
  readonly #blackHoles = new Set<string>();
  readonly #claims = new Map<string, HostPort>();
  #nextPort = 10_001;
  #nextConnection = 1;
  /** Addresses that were dialled, and those that were probed. */
  readonly dialled: string[] = [];
  readonly probed: string[] = [];

  constructor(system: ActorSystem) {
    this.#system = system;
  }

  /** Starts a node. */
  async node(options: FakeNodeOptions = {}): Promise<FakeNode> {
    const identity = options.identity ?? createIdentity();
    const { mode = "server", open = false, allow = null } = options;
    const { host = "127.0.0.1", reachable = true } = options;
    const address = { host, port: this.#nextPort++ };
    const { place, dialler } = await this.#place(identity.nodeId, address, reachable);
    const keys = { node: identity.exportKeys().node, inception: identity.inception };
    const dht = await this.#system.spawn(dhtActor, {
      ...{ placement: "here", restart: "permanent", label: "dht" },
      args: [{ identity: { data: null, keys }, mode, open, allow }, dialler],
    });
    place.up = (peer, connectionNumber, link, ends) =>
      dht.tell.peerUp({ peer, connectionNumber, link, ...ends });
    place.down = (peer, number) => dht.tell.peerDown(peer, number);
    place.message = (peer, number, message) => dht.tell.message(peer, number, message);
    return { id: identity.nodeId, identity, address, dht };
  }

  /**
   * Starts a node that behaves as a function says: one that lies, or one that says nothing.
   *
   * @param id its id; one that nobody has unless named
   */
  async stranger(
    behaviour: Behaviour,
    id: string = createIdentity().nodeId,
    host = "127.0.0.1",
  ): Promise<{ readonly id: string; readonly address: HostPort }> {
    const address = { host, port: this.#nextPort++ };
    const { place } = await this.#place(id, address, true);
    const links = new Map<string, Ref<DhtLink>>();
    place.up = (peer, _number, link) => links.set(peer, link);
    place.message = (peer, _number, message) => {
      for (const answer of behaviour(message, peer)) links.get(peer)?.tell.dhtMessage(answer);
    };
    return { id, address };
  }

  /** Connects two nodes: the first has dialled the second. */
  async connect(from: { readonly id: string }, to: { readonly id: string }): Promise<void> {
    await this.#connect(this.#placeOf(from.id), this.#placeOf(to.id));
  }

  /** Cuts the connection between two nodes. */
  disconnect(a: { readonly id: string }, b: { readonly id: string }): void {
    for (const [one, other] of [[a, b], [b, a]] as const) {
      const place = this.#placeOf(one.id);
      const number = place.connections.get(other.id);
      place.connections.delete(other.id);
      if (number !== undefined) place.down(other.id, number);
    }
  }

  /** A node goes: its connections are cut, and nobody is where it was. */
  async leave(node: FakeNode): Promise<void> {
    const place = this.#placeOf(node.id);
    for (const id of [...place.connections.keys()]) this.disconnect(node, { id });
    this.#places.delete(formatHostPort(place.address));
    await this.#system.stopActor(node.dht);
  }

  /** From now on a node hears everything and says nothing. */
  silence(node: { readonly id: string }): void {
    this.#silent.add(node.id);
  }

  /** From now on nobody learns what became of a dial of an address. */
  swallow(address: HostPort): void {
    this.#blackHoles.add(formatHostPort(address));
  }

  /** From now on a node says to those that it gets connected to that it sees them there. */
  claim(node: { readonly id: string }, observed: HostPort): void {
    this.#claims.set(node.id, observed);
  }

  /** Whether two nodes are connected. */
  connected(a: { readonly id: string }, b: { readonly id: string }): boolean {
    return this.#placeOf(a.id).connections.has(b.id);
  }

  /** Says something to a node in the name of one that it is connected to. */
  say(from: { readonly id: string }, to: { readonly id: string }, message: Uint8Array): void {
    const place = this.#placeOf(to.id);
    place.message(from.id, place.connections.get(from.id) ?? 0, message);
  }

  #placeOf(id: string): Place {
    const found = [...this.#places.values()].find((place) => place.id === id);
    if (!found) throw new RangeError(`there is no node ${id}`);
    return found;
  }

  async #place(
    id: string,
    address: HostPort,
    reachable: boolean,
  ): Promise<{ place: Place; dialler: Ref<DhtDialler> }> {
    const nothing = () => {};
    const place: Place = {
      ...{ id, address, reachable, connections: new Map() },
      ...{ up: nothing, down: nothing, message: nothing },
    };
    this.#places.set(formatHostPort(address), place);
    const find = (peer: string, host: string, port: number): Place => {
      const there = this.#places.get(formatHostPort({ host, port }));
      if (there?.id === peer && there.reachable) return there;
      throw new ActorError("unreachable", `${peer} does not answer at ${host}:${port}`);
    };
    const definition = defineActor(import.meta, (ctx): DhtDialler => {
      const refusing = async (work: () => unknown) => {
        try {
          await work();
        } catch (error) {
          ctx.refuse(error);
        }
      };
      return {
        dial: (peer, host, port) =>
          refusing(() => {
            const address = formatHostPort({ host, port });
            this.dialled.push(address);
            if (this.#blackHoles.has(address)) return ctx.deferReply();
            return this.#connect(place, find(peer, host, port));
          }),
        probe: (peer, host, port) =>
          refusing(() => {
            this.probed.push(formatHostPort({ host, port }));
            find(peer, host, port);
          }) as unknown as void,
      };
    });
    const dialler = await this.#system.spawn(definition, { placement: "here", label: "dialler" });
    return { place, dialler };
  }

  async #connect(from: Place, to: Place): Promise<void> {
    if (from.connections.has(to.id) || from === to) return;
    const number = this.#nextConnection++;
    from.connections.set(to.id, number);
    to.connections.set(from.id, number);
    const [toLink, fromLink] = await Promise.all([
      this.#link(from.id, to, number),
      this.#link(to.id, from, number),
    ]);
    const ends = (place: Place, other: Place) => ({
      ...{ remote: other.address, observed: this.#claims.get(other.id) ?? place.address },
    });
    from.up(to.id, number, toLink, { dialled: true, ...ends(from, to) });
    to.up(from.id, number, fromLink, { dialled: false, ...ends(to, from) });
  }

  #link(from: string, to: Place, number: number): Promise<Ref<DhtLink>> {
    const definition = defineActor(import.meta, (): DhtLink => ({
      dhtMessage: (message) => {
        if (this.#silent.has(from) || to.connections.get(from) !== number) return;
        to.message(from, number, message);
      },
    }));
    return this.#system.spawn(definition, { placement: "here", label: "link" });
  }
}

/** The behaviour of a node that answers requests by a function; `null` for none. */
export function answering(
  answer: (request: Request, from: string) => Reply | Uint8Array | null,
): Behaviour {
  return (bytes, from) => {
    const message = decodeMessage(bytes);
    if (!message || !("request" in message)) return [];
    const reply = answer(message.request, from);
    if (reply === null) return [];
    return [reply instanceof Uint8Array ? reply : encodeReply(message.id, reply)];
  };
}
