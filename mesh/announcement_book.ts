import { sameRef } from "../actors/mod.ts";
import type { Announced, PeerLink } from "./mesh_protocol.ts";

interface Entry {
  readonly link: PeerLink;
  readonly patterns: Set<string>;
  readonly procedures: Set<string>;
}

/**
 * What peers have said that they subscribe to and serve, by realm and peer: kept for realms that the
 * node has not joined too, so that what it publishes first in one finds its subscribers. How much one
 * peer may say is bounded by its session.
 */
export class AnnouncementBook {
  readonly #realms = new Map<string, Map<string, Entry>>();

  /** A peer has said that it has something in a realm. */
  add(link: PeerLink, realmKey: string, kind: "patterns" | "procedures", what: string): void {
    let peers = this.#realms.get(realmKey);
    if (!peers) this.#realms.set(realmKey, peers = new Map());
    let entry = peers.get(link.peer);
    if (!entry || !sameRef(entry.link.session, link.session)) {
      entry = { link, patterns: new Set(), procedures: new Set() };
      peers.set(link.peer, entry);
    }
    entry[kind].add(what);
  }

  /** A peer has it no longer. */
  delete(peer: string, realmKey: string, kind: "patterns" | "procedures", what: string): void {
    const peers = this.#realms.get(realmKey);
    const entry = peers?.get(peer);
    if (!peers || !entry?.[kind].delete(what)) return;
    if (entry.patterns.size + entry.procedures.size === 0) this.#forget(realmKey, peers, peer);
  }

  /** A peer has gone. */
  forget(peer: string): void {
    for (const [realmKey, peers] of this.#realms) this.#forget(realmKey, peers, peer);
  }

  /** What peers have in a realm. */
  of(realmKey: string): Announced[] {
    return [...this.#realms.get(realmKey)?.values() ?? []].map((
      { link, patterns, procedures },
    ) => ({ link, patterns: [...patterns], procedures: [...procedures] }));
  }

  #forget(realmKey: string, peers: Map<string, Entry>, peer: string): void {
    peers.delete(peer);
    if (peers.size === 0) this.#realms.delete(realmKey);
  }
}
