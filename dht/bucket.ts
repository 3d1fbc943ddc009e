import { K, MAX_CONTACT_FAILURES, MAX_NETWORK_PER_BUCKET } from "./constants.ts";
import { type Contact, mergeAddresses } from "./contact.ts";
import { networkOf } from "./network_of.ts";

/** What became of a contact that was seen. */
export type Seen =
  /** It was there, and is now the most recently seen. */
  | { readonly outcome: "known" }
  /** It is a contact now. */
  | { readonly outcome: "added" }
  /** The bucket is full; it waits. Ping `ping`, whom nobody pings yet, before somebody must go. */
  | { readonly outcome: "waits"; readonly ping: Contact | null }
  /** Its network has as many contacts here as it may have. */
  | { readonly outcome: "crowded" };

interface Entry {
  contact: Contact;
  failures: number;
}

/**
 * A k-bucket (Kademlia, 2.2 and 4.1): the contacts at one distance, ordered by when they were last
 * seen. Those that have been there long stay while they answer: nodes that were up for long stay
 * up, and nobody can flush a table by arriving often. Newcomers wait in a replacement cache.
 */
export class Bucket {
  /** Least recently seen first, as are the replacements. */
  readonly #entries = new Map<string, Entry>();
  readonly #replacements = new Map<string, Contact>();
  /** Who is being pinged to see whether it may stay. */
  #pinged: string | undefined;

  /** Least recently seen first. */
  get contacts(): readonly Contact[] {
    return [...this.#entries.values()].map(({ contact }) => contact);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Contacts that wait for a place. */
  get replacements(): number {
    return this.#replacements.size;
  }

  /** A node was heard, at addresses that are known to be its own. */
  seen(contact: Contact): Seen {
    const { peer } = contact;
    const entry = this.#entries.get(peer);
    if (this.#pinged === peer) this.#pinged = undefined;
    if (entry) {
      this.#entries.delete(peer);
      const addresses = mergeAddresses(contact.addresses, entry.contact.addresses);
      // More addresses must not take it into a network that is full.
      const moved = { peer, addresses };
      const fits = this.#hasRoomFor(moved);
      this.#entries.set(peer, { contact: fits ? moved : entry.contact, failures: 0 });
      return { outcome: "known" };
    }
    if (!this.#hasRoomFor(contact)) return { outcome: "crowded" };
    if (this.#entries.size < K) {
      this.#replacements.delete(peer);
      this.#entries.set(peer, { contact, failures: 0 });
      return { outcome: "added" };
    }
    this.#replacements.delete(peer);
    this.#replacements.set(peer, contact);
    if (this.#replacements.size > K) {
      const [oldest] = this.#replacements.keys();
      if (oldest !== undefined) this.#replacements.delete(oldest);
    }
    if (this.#pinged !== undefined) return { outcome: "waits", ping: null };
    const [eldest] = this.#entries.values();
    this.#pinged = eldest?.contact.peer;
    return { outcome: "waits", ping: eldest?.contact ?? null };
  }

  /**
   * A contact did not answer. It goes at once if somebody waits for its place, else after
   * {@link MAX_CONTACT_FAILURES} times in a row: a node whose own network is down must not forget
   * everybody.
   *
   * @returns who has left and who has taken the place
   */
  failed(peer: string): { readonly removed: boolean; readonly added: Contact | null } {
    const entry = this.#entries.get(peer);
    this.#replacements.delete(peer);
    if (entry && ++entry.failures < MAX_CONTACT_FAILURES && this.#replacements.size === 0) {
      if (this.#pinged === peer) this.#pinged = undefined;
      return { removed: false, added: null };
    }
    return this.remove(peer);
  }

  /** Takes a contact out, whatever it did; somebody who waits takes its place. */
  remove(peer: string): { readonly removed: boolean; readonly added: Contact | null } {
    this.#replacements.delete(peer);
    if (this.#pinged === peer) this.#pinged = undefined;
    if (!this.#entries.delete(peer)) return { removed: false, added: null };
    for (const contact of [...this.#replacements.values()].reverse()) {
      if (!this.#hasRoomFor(contact)) continue;
      this.#replacements.delete(contact.peer);
      this.#entries.set(contact.peer, { contact, failures: 0 });
      return { removed: true, added: contact };
    }
    return { removed: true, added: null };
  }

  #hasRoomFor({ peer, addresses }: Contact): boolean {
    return networksOf(addresses).every((network) => {
      let count = 0;
      for (const { contact } of this.#entries.values()) {
        if (contact.peer !== peer && networksOf(contact.addresses).includes(network)) count++;
      }
      return count < MAX_NETWORK_PER_BUCKET;
    });
  }
}

/** The networks that a node counts for, each once. */
export function networksOf(addresses: Contact["addresses"]): string[] {
  return [...new Set(addresses.map(({ host }) => networkOf(host)).filter((n) => n !== null))];
}
