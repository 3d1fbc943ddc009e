/** The protocols of the actors that make up the DHT. @module */
import { type ActorContext, ActorError } from "../actors/mod.ts";
import type { HostPort } from "../transport/mod.ts";
import type { Seen } from "./bucket.ts";
import type { Contact } from "./contact.ts";
import type { Dht, DhtBucket, DhtPeer } from "./dht_protocol.ts";
import type { DhtHop } from "./lookup.ts";
import type { Reply, Request } from "./messages.ts";

/** What is done without being asked for, again and again. */
export type Task =
  | "join"
  | "self-lookup"
  | "refresh"
  | "replicate"
  | "republish"
  | "provide-again"
  | "sweep";

/** The DHT's face, as its own actors see it. */
export type DhtInside = Dht & {
  /** A node has become a contact. */
  admitted(): void;
  /** A peer was found to answer at an address. */
  reachable(peer: string, connectionNumber: number, address: HostPort): void;
  /** A peer whose address is known has shown whether it is a contact, and this node one of its. */
  introduced(peer: string, connectionNumber: number): void;
  /** A peer has reached this node there. */
  confirmed(peer: string, address: HostPort): void;
  /** The first peer has been there for a while: whoever waits for the join waits no longer. */
  joinOverdue(): void;
  /** Does one task, and settles when it is done. */
  maintain(task: Task): Promise<void>;
};

/** What became of a record: `ok`, or why it was refused. */
export type Verdict = { readonly code: string; readonly message: string };

/** A record that is held. */
export type Held = {
  readonly key: string;
  readonly kind: "immutable" | "mutable" | "provider";
  readonly bytes: Uint8Array;
};

/** The protocol of the record store's actor. */
export type Store = {
  /** See `RecordStore.put`. */
  put(record: Uint8Array, from: string, expected: number | null): Verdict;
  get(key: string): Uint8Array | null;
  /** Provider records, the withdrawn included. */
  providers(key: string): readonly Uint8Array[];
  sequenceOf(key: string): number;
  /** What nobody has brought again for so many milliseconds, the records of providers apart. */
  notRenewedFor(ms: number): readonly Held[];
  sweep(): number;
  counts(): { readonly records: number; readonly providers: number };
};

/** What a bucket says that lost a contact. */
export type Left = { readonly removed: boolean; readonly added: Contact | null };

/** The protocol of a bucket. */
export type BucketActor = {
  seen(contact: Contact): Seen;
  failed(peer: string): Left;
  remove(peer: string): Left;
  list(): { readonly contacts: readonly Contact[]; readonly replacements: number };
};

/** The protocol of the routing table. */
export type RoutingTable = {
  /** A node has shown that it is there; says whom to ping before somebody must go. */
  seen(contact: Contact): Promise<{ readonly added: boolean; readonly ping: Contact | null }>;
  failed(peer: string): Promise<void>;
  /** A node has said that it is leaving. */
  left(peer: string): Promise<void>;
  closest(target: Uint8Array, count: number): readonly Contact[];
  /** Prefix lengths of the buckets that there are. */
  prefixes(): readonly number[];
  list(): Promise<readonly DhtBucket[]>;
  counts(): { readonly contacts: number; readonly buckets: number };
};

/** An answer, and where whoever gave it is. */
export type Answer = { readonly reply: Reply; readonly host: string };

/** What the exchange has counted. */
export type ExchangeCounts = {
  readonly requestsSent: number;
  readonly requestsReceived: number;
  readonly timeouts: number;
  readonly rejected: { readonly [code: string]: number };
};

/** The protocol of the exchange: requests to peers, and theirs to this node. */
export type Exchange = {
  /** A peer is connected; `address` is where it is known to be reachable, if that is known. */
  peerUp(peer: DhtPeer, address: HostPort | null): void;
  peerDown(peer: string, connectionNumber: number): void;
  message(peer: string, connectionNumber: number, message: Uint8Array): void;
  /**
   * Asks a node, dialling it if need be. Contacts in the answer are those that this node may dial.
   * Rejects with `timeout`, `unreachable`, `disconnected`, `busy` or `bad-reply`.
   */
  request(contact: Contact, request: Request): Promise<Answer>;
  /** Makes sure that there is a connection. Rejects with `unreachable`. */
  connect(contact: Contact): Promise<void>;
  connected(peer: string): boolean;
  /** Counts what somebody else found wrong in an answer. */
  rejected(code: string): void;
  counts(): ExchangeCounts;
  /** One of its timers has fired. */
  timeUp(timer: number): void;
};

/** A peer that asks something of this node. */
export type Asker = {
  readonly peer: string;
  /** Where it is connected from. */
  readonly host: string;
  /** Where it is known to be reachable; `null` if that is not known. */
  readonly address: HostPort | null;
};

/** The protocol of the responder: this node's answers. */
export type Responder = {
  answer(asker: Asker, request: Request): Promise<Reply>;
};

/** What a lookup looks for. */
export type LookupSpec = {
  readonly self: string;
  readonly target: Uint8Array;
  readonly paths: number;
  /** `first` ends with the first record that is good, `all` asks all of the closest. */
  readonly want: "nodes" | "first" | "all" | "providers";
  /** Whether the addresses of providers may be beyond this machine. */
  readonly open: boolean;
};

/** What a lookup brought. */
export type LookupResult = {
  readonly closest: readonly Contact[];
  readonly hops: readonly DhtHop[];
  readonly ms: number;
  /** Records that were found and checked, with who held them. */
  readonly records: readonly { readonly peer: string; readonly bytes: Uint8Array }[];
  /** Those who take part, with addresses that may be dialled. */
  readonly providers: readonly { readonly peer: string; readonly addresses: readonly string[] }[];
};

/** The protocol of a lookup. */
export type LookupActor = {
  run(): Promise<LookupResult>;
  /** It is `at` (ms) by now, a moment that the lookup wanted to be told of. */
  look(at: number): void;
  expire(): void;
};

/** The protocol of the actor that keeps the DHT in shape. */
export type Maintenance = {
  /** There is a first contact. */
  contact(): void;
  due(task: Task): void;
};

/**
 * Replies when `work` is done, without holding the actor meanwhile. What `work` throws is the
 * asker's error and not this actor's.
 */
export function later<T>(ctx: ActorContext, work: () => Promise<T>): Promise<T> {
  const reply = ctx.deferReply();
  // A turn later, when the message is not in hand any more: else its deadline would be inherited by
  // what others wait for too.
  Promise.resolve().then(work).then((value) => reply.ok(value), (error) => reply.fail(error));
  return undefined as unknown as Promise<T>;
}

/** The code of what somebody's ask was rejected with; `failed` if it has none. */
export function codeOf(error: unknown): string {
  return error instanceof ActorError ? error.code : "failed";
}
