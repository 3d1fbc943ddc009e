import { K, MAX_NETWORK_PER_TABLE } from "./constants.ts";
import { networksOf } from "./bucket.ts";
import type { Contact } from "./contact.ts";
import { commonPrefix, compareDistance, keyBytes } from "./key.ts";

interface Entry {
  readonly contact: Contact;
  readonly id: Uint8Array;
  readonly prefix: number;
}

/**
 * What the routing table knows of its buckets: who is in which. So a question for the closest
 * contacts is answered without asking every bucket, and networks are counted over the whole table.
 */
export class TableView {
  readonly #self: Uint8Array;
  readonly #entries = new Map<string, Entry>();
  readonly #networks = new Map<string, number>();

  /** @param self the node's own id, 32 bytes */
  constructor(self: Uint8Array) {
    this.#self = self;
  }

  get size(): number {
    return this.#entries.size;
  }

  get contacts(): readonly Contact[] {
    return [...this.#entries.values()].map(({ contact }) => contact);
  }

  /** The bucket that a node belongs in: the number of leading bits that it shares with this one. */
  bucketOf(peer: string): number {
    return this.#entries.get(peer)?.prefix ?? commonPrefix(this.#self, keyBytes(peer));
  }

  /** Whether one more contact of these networks may be in the table. */
  hasRoomFor({ peer, addresses }: Contact): boolean {
    const own = networksOf(this.#entries.get(peer)?.contact.addresses ?? []);
    return networksOf(addresses).every((network) =>
      own.includes(network) || (this.#networks.get(network) ?? 0) < MAX_NETWORK_PER_TABLE
    );
  }

  /** A bucket has this contact now, or has it with other addresses. */
  set(contact: Contact): void {
    this.delete(contact.peer);
    const id = keyBytes(contact.peer);
    this.#entries.set(contact.peer, { contact, id, prefix: commonPrefix(this.#self, id) });
    this.#count(contact, 1);
  }

  /** Its bucket has it no more. */
  delete(peer: string): void {
    const entry = this.#entries.get(peer);
    if (!entry) return;
    this.#entries.delete(peer);
    this.#count(entry.contact, -1);
  }

  /** The contacts closest to a point, closest first. */
  closest(target: Uint8Array, count: number = K): Contact[] {
    return [...this.#entries.values()]
      .sort((a, b) => compareDistance(target, a.id, b.id))
      .slice(0, count)
      .map(({ contact }) => contact);
  }

  #count({ addresses }: Contact, by: 1 | -1): void {
    for (const network of networksOf(addresses)) {
      const count = (this.#networks.get(network) ?? 0) + by;
      if (count === 0) this.#networks.delete(network);
      else this.#networks.set(network, count);
    }
  }
}
