/**
 * The limits and defaults of the DHT, with their units and sources.
 *
 * Sources: Kademlia is Maymounkov & Mazières, "Kademlia: A Peer-to-peer Information System Based on
 * the XOR Metric", IPTPS 2002; S/Kademlia is Baumgart & Mies, "S/Kademlia: A Practicable Approach
 * Towards Secure Key-Based Routing", ICPADS 2007.
 *
 * @module
 */

/** Contacts of a bucket, and nodes that hold a record: k (Kademlia, 2.2). */
export const K = 20;

/** Questions in flight on one path of a lookup: α (Kademlia, 2.3). */
export const ALPHA = 3;

/** Disjoint paths of a lookup: d (S/Kademlia, 4.4). */
export const PATHS = 4;

/** Disjoint paths where a lie would cost most: keys, policies, revocations, authorities. */
export const CRITICAL_PATHS = 8;

/** Bytes of a key and of a node id: a SHA-256. */
export const KEY_BYTES = 32;

/** Contacts that a path of a lookup remembers: spares for those that fail. */
export const PATH_MEMORY = 3 * K;

/** Nodes that one path asks at most: a liar with many nodes could lead it on for ever. */
export const MAX_ASKED_PER_PATH = 64;

/** How long a lookup may take in all, in milliseconds. */
export const LOOKUP_DEADLINE_MS = 10_000;

/** After how long without an answer a question makes room for another, in milliseconds. */
export const SLOW_MS = 500;

/** How long after its last answer a lookup waits for none but the slow, in milliseconds. */
export const LOOKUP_PATIENCE_MS = 2_000;

/** How long after its first peer a node counts as joined, whoever holds it up, in milliseconds. */
export const JOIN_SETTLE_MS = 5_000;

/** Lookups of this node at once; further ones wait. */
export const MAX_LOOKUPS = 32;

/** Lookups that wait for their turn; further ones are refused. */
export const MAX_WAITING_LOOKUPS = 1_024;

/** Contacts of one bucket that may be of one public IPv4 /16 or IPv6 /32. */
export const MAX_NETWORK_PER_BUCKET = 2;

/** Contacts of the whole table that may be of one public IPv4 /16 or IPv6 /32. */
export const MAX_NETWORK_PER_TABLE = 3;

/** Failures in a row after which a contact is dropped though nobody waits for its place. */
export const MAX_CONTACT_FAILURES = 3;

/** Addresses that are kept, told and announced of one node. */
export const MAX_ADDRESSES = 4;

/** Places at which a lookup tries to reach one node, whoever told of them. */
export const MAX_PLACES = 2 * MAX_ADDRESSES;

/** Contacts in one answer: k of them, no answer has reason to hold more. */
export const MAX_ANSWER_CONTACTS = K;

/** Largest message between two nodes, in bytes. */
export const MAX_MESSAGE_BYTES = 65_536;

/** Bytes of provider records in one answer; what is over is left out. */
export const MAX_ANSWER_RECORD_BYTES = 49_152;

/** Characters of the words of a refusal. */
export const MAX_REFUSAL_CHARS = 200;

/** How long a peer may take to answer a request, in milliseconds. */
export const REQUEST_TIMEOUT_MS = 2_000;

/** How long a peer may take to dial this node back, in milliseconds: its probe has 5 s. */
export const REACH_ME_TIMEOUT_MS = 10_000;

/** How long a request may take in all, with its dial and {@link MAX_QUEUED} before it, in ms. */
export const REQUEST_CEILING_MS = 45_000;

/** How long a peer is left alone before it is asked again to dial back, in milliseconds. */
export const REACH_ME_AGAIN_MS = 65_000;

/** How often a peer is asked to dial back, over one connection. */
export const REACH_ME_ATTEMPTS = 3;

/**
 * How long it may take until a node that is dialled is up, in milliseconds, over all its addresses:
 * a handshake around the world takes less than one second, and a dead node holds up whoever asks it.
 */
export const DIAL_DEADLINE_MS = 2_000;

/** For how long a node that was dialled in vain is not dialled there again, in milliseconds. */
export const UNREACHED_MS = 60_000;

/** Nodes dialled in vain that are remembered. */
export const MAX_UNREACHED = 1_024;

/** How long a probe may take, in milliseconds. */
export const PROBE_DEADLINE_MS = 5_000;

/** Requests to one peer that are not answered yet; further ones wait. */
export const MAX_IN_FLIGHT = 64;

/** Requests to one peer that wait to be sent; further ones are refused. */
export const MAX_QUEUED = 1_024;

/** Requests of one peer that this node works on at once; further ones are refused as `busy`. */
export const MAX_WORKING = 64;

/** Peers that are being dialled at once for requests; further dials are refused as `busy`. */
export const MAX_DIALLING = 64;

/** Requests that timed out whose late answers are told from answers that nobody asked for. */
export const LATE_MEMORY = 1_024;

/** Probes of addresses at once, for peers that asked to be reached; further ones wait. */
export const MAX_PROBES = 8;

/** Probes a minute, for all peers. */
export const MAX_PROBES_A_MINUTE = 64;

/** How long a peer that was probed has to wait for its next probe, in milliseconds: a minute. */
export const PROBE_AGAIN_MS = 60_000;

/** Peers whose word on this node's own addresses is remembered. */
export const MAX_WITNESSES = 256;

/** Longest value of a record, in bytes. */
export const MAX_VALUE_BYTES = 10_240;

/** Longest record, in bytes: a value and what stands around it. */
export const MAX_RECORD_BYTES = 11_264;

/** Longest name of a record, in bytes of UTF-8. */
export const MAX_RECORD_NAME_BYTES = 255;

/** Longest time until a record's `validUntil`, in milliseconds: 60 days. */
export const MAX_VALIDITY_MS = 60 * 86_400_000;

/** For how long this node's own records are valid, in milliseconds: 30 days. */
export const OWN_VALIDITY_MS = 30 * 86_400_000;

/** For how long a provider record is valid, in milliseconds. It is renewed at half. */
export const PROVIDER_VALIDITY_MS = 30 * 60_000;

/** Longest time until a provider record's `validUntil`, in milliseconds: the clocks may differ. */
export const MAX_PROVIDER_VALIDITY_MS = 2 * PROVIDER_VALIDITY_MS;

/** How long a holder keeps a record that nobody announces again, in milliseconds. */
export const LEASE_MS = 48 * 3_600_000;

/** Records that a node holds. */
export const MAX_RECORDS = 16_384;

/** Records, and marks of former ones, that a node holds of one owner. */
export const MAX_RECORDS_PER_OWNER = 1_024;

/** Sequence marks of records that are gone. */
export const MAX_MARKS = 65_536;

/** Providers that a node holds under one key. */
export const MAX_PROVIDERS_PER_KEY = 64;

/** Provider records that one search checks: each costs a signature. */
export const MAX_PROVIDERS_CHECKED = 512;

/** How often each bucket is refreshed by a lookup, in milliseconds (Kademlia, 2.3). */
export const REFRESH_MS = 3_600_000;

/** How often a node looks itself up, in milliseconds. */
export const SELF_LOOKUP_MS = 300_000;

/** How often a node replicates what it holds, in milliseconds (Kademlia, 2.5). */
export const REPLICATE_MS = 3_600_000;

/** How often a node announces its own records again, in milliseconds: well within a lease. */
export const REPUBLISH_MS = 22 * 3_600_000;

/** How often a node announces again what it provides, in milliseconds. */
export const PROVIDE_AGAIN_MS = PROVIDER_VALIDITY_MS / 2;

/** Names, or records, that a node announces at once when it goes through all of its own. */
export const ANNOUNCERS = 8;

/** How often expired records are swept out, in milliseconds. */
export const SWEEP_MS = 60_000;
