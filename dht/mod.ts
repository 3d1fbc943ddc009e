/**
 * The distributed hash table: how nodes find each other, and small signed records, with no server.
 *
 * It is Kademlia with defences of S/Kademlia's. Node ids and keys of records are points of one space
 * of 32 bytes. Each node knows many nodes near to it and a few far away, in **buckets** by the
 * length of the prefix that they share with it; a **lookup** asks those closest to a point for
 * others that are closer, over several disjoint paths, until there are none. A **record** is held by
 * the k nodes closest to its key, each of which leases it for 48 hours.
 *
 * What is guaranteed:
 *
 * - A record that comes out was signed by its owner, under the name and for the time that was asked
 *   for. It is checked by whoever stores it and by whoever reads it.
 * - Of an owner's records under one name the highest sequence wins, and a reader brings it to those
 *   who hold an older one. An owner that signs two with one sequence is found out; for keys and
 *   policies neither is then believed.
 * - Only nodes that were dialled become contacts, and no address is announced that nobody has
 *   dialled. On the word of others, places are dialled as {@linkcode mayDial} says, and no others.
 * - Every lookup ends, and asks no node twice. Everything that a peer can make grow is bounded
 *   (`constants.ts`), and what it sends and may not is refused with a code, and counted.
 * - A node alone finds what it put itself, and spreads it when it meets the first other.
 *
 * What it does not do: it keeps everything in memory; ids cost nothing to make, as there are no
 * puzzles yet; keys cannot be rotated, so that a record's key is its owner's first; nobody is told
 * when a record changes. Names in the DHT are no secrets, and nothing secret belongs into it.
 *
 * The core knows neither sockets nor actors nor time: {@linkcode Lookup} says whom to ask and is
 * told what came of it, a record is checked at a moment that is an argument. Around it are actors:
 * the face with its parts (`store`, `table` and its `bucket`s, `responder`, `exchange`,
 * `maintenance`), and one for each lookup.
 *
 * @example A record that is signed here and checked there
 * ```ts
 * import { createIdentity } from "../security/mod.ts";
 * import { mutableRecord, verifyRecord } from "./mod.ts";
 *
 * const now = Date.now();
 * const ada = createIdentity();
 * const value = new TextEncoder().encode("hello");
 * const bytes = mutableRecord(ada, { name: "greeting", sequence: 1, value, validUntil: now + 60_000 });
 *
 * const record = verifyRecord(bytes, now);
 * console.assert(record.kind === "mutable" && record.owner === ada.nodeId);
 * ```
 *
 * @module
 */
export { K, MAX_VALUE_BYTES } from "./constants.ts";
export { type Contact } from "./contact.ts";
export { default as dhtActor, type DhtStart } from "./dht_actor.ts";
export type {
  Dht,
  DhtBucket,
  DhtDialler,
  DhtLink,
  DhtLookup,
  DhtPeer,
  DhtProvider,
  DhtRecord,
  DhtStats,
  DhtStored,
} from "./dht_protocol.ts";
export { type DiallingRules, isNoPlace, mayDial } from "./dialling_rules.ts";
export { keyBytes, keyText } from "./key.ts";
export { type DhtHop, isCriticalName, Lookup, type LookupOptions } from "./lookup.ts";
export {
  type DhtEntry,
  type ImmutableRecord,
  immutableRecord,
  type MutableRecord,
  mutableRecord,
  type ProviderRecord,
  providerRecord,
  verifyRecord,
} from "./record.ts";
export { RecordError, type RecordRefusal } from "./record_error.ts";
