import { type ActorContext, type ActorDefinition, defineActor, type Ref } from "../actors/mod.ts";
import bucketActor from "./bucket_actor.ts";
import type { Contact } from "./contact.ts";
import type { BucketActor, Left, RoutingTable } from "./dht_inside.ts";
import type { DhtBucket } from "./dht_protocol.ts";
import { keyBytes } from "./key.ts";
import { TableView } from "./table_view.ts";
import { formatHostPort } from "../transport/mod.ts";

/** The routing table: starts a bucket when it is first needed, and knows who is in which. */
const routingTable: ActorDefinition<[string], RoutingTable> = defineActor(
  import.meta,
  async (ctx, self: string) => {
    const table = new TableState(ctx, self);
    for (const contact of ctx.kept<Contact[]>() ?? []) await table.seen(contact);
    return table.handlers();
  },
);
export default routingTable;

class TableState {
  readonly #ctx: ActorContext;
  readonly #view: TableView;
  readonly #buckets = new Map<number, Ref<BucketActor>>();

  constructor(ctx: ActorContext, self: string) {
    this.#ctx = ctx;
    this.#view = new TableView(keyBytes(self));
    ctx.keep(() => this.#view.contacts);
  }

  // Handlers wait for their bucket: it is this actor's own child, does nothing but compute, and
  // two newcomers must not start one bucket twice.
  handlers(): RoutingTable {
    return {
      seen: (contact) => this.seen(contact),
      failed: (peer) => this.#drop(peer, (bucket) => bucket.ask.failed(peer)),
      left: (peer) => this.#drop(peer, (bucket) => bucket.ask.remove(peer)),
      closest: (target, count) => this.#view.closest(target, count),
      prefixes: () => [...this.#buckets.keys()],
      list: () => this.#list(),
      counts: () => ({ contacts: this.#view.size, buckets: this.#buckets.size }),
    };
  }

  async seen(contact: Contact): Promise<{ added: boolean; ping: Contact | null }> {
    if (!this.#view.hasRoomFor(contact)) return { added: false, ping: null };
    const prefix = this.#view.bucketOf(contact.peer);
    let bucket = this.#buckets.get(prefix);
    if (!bucket) {
      bucket = await this.#ctx.spawn(bucketActor, {
        ...{ placement: "here", label: `bucket ${prefix}`, restart: "permanent" },
      });
      this.#buckets.set(prefix, bucket);
    }
    const seen = await bucket.ask.seen(contact);
    if (seen.outcome === "added" || seen.outcome === "known") this.#view.set(contact);
    return {
      added: seen.outcome === "added",
      ping: seen.outcome === "waits" ? seen.ping : null,
    };
  }

  async #drop(peer: string, ask: (bucket: Ref<BucketActor>) => Promise<Left>): Promise<void> {
    const bucket = this.#buckets.get(this.#view.bucketOf(peer));
    if (!bucket) return;
    let left = await ask(bucket);
    if (left.removed) this.#view.delete(peer);
    // Who takes the place may be of a network that is full in the table by now.
    while (left.added && !this.#view.hasRoomFor(left.added)) {
      left = await bucket.ask.remove(left.added.peer);
    }
    if (left.added) this.#view.set(left.added);
  }

  async #list(): Promise<DhtBucket[]> {
    const sorted = [...this.#buckets].sort(([a], [b]) => a - b);
    return await Promise.all(sorted.map(async ([prefix, bucket]) => {
      const { contacts, replacements } = await bucket.ask.list();
      const shown = contacts.map(({ peer, addresses }) => ({
        peer,
        addresses: addresses.map(formatHostPort),
      }));
      return { prefix, contacts: shown, replacements };
    }));
  }
}
