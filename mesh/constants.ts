/** The limits and defaults of realms, topics and procedures, with their units. @module */

/** Publications that a subscription holds for a subscriber that is behind, unless it says so. */
export const DEFAULT_SUBSCRIPTION_BOUND = 1_024;

/** Publications that wait at the bus, a topic or a peer's outlet before senders wait. */
export const STAGE_BOUND = 1_024;

/** Chunks of frames that wait at a session or inlet. */
export const CHUNK_BOUND = 64;

/** Bytes of publications that an outlet gathers before it writes them, at most. */
export const OUTLET_CHUNK_BYTES = 32_768;

/** How long an outlet gathers at most while more seem to come, in milliseconds. */
export const OUTLET_GATHER_MS = 5;

/** Publications that a subscriber gathers before it hands them to its target, at most. */
export const SUBSCRIBER_BATCH = 64;

/** Publications on their way from a subscriber to its target before it waits. */
export const SUBSCRIBER_WINDOW = 256;

/** Batches on their way from a subscriber to its target before it waits. */
export const BATCH_WINDOW = 4;

/** Realms that a node has at once. */
export const MAX_REALMS = 1_024;

/** Topics that a realm has at once; one takes some 14 KB. */
export const MAX_TOPICS = 16_384;

/** Patterns that one peer may subscribe to, and procedures that it may register, at once. */
export const MAX_ANNOUNCEMENTS = 4_096;

/** Calls of one peer that this node works on at once. */
export const MAX_PEER_CALLS = 4_096;

/** Monitors that one peer may have on actors of this node at once. */
export const MAX_PEER_MONITORS = 4_096;

/** Ends of actors of other nodes that wait to be told: those of 256 peers that are lost at once. */
export const DOWNS_BOUND = 1_048_576;

/** Topics whose ref an inlet or the bus remembers. */
export const TOPIC_CACHE = 4_096;

/**
 * How long a peer may take to confirm a subscription, in milliseconds: well below an ask's own
 * deadline, so that a silent peer makes `subscribe` late and not fail.
 */
export const ANNOUNCE_DEADLINE_MS = 2_000;

/** What a frame adds to its payload at most: topic or procedure, handler, numbers, in bytes. */
export const FRAME_OVERHEAD_BYTES = 1_024;

/** How long finding one's place in the DHT, and meeting others, may take, in milliseconds. */
export const JOIN_DEADLINE_MS = 30_000;

/** How long a node that stops waits for its peers to take what it published, in milliseconds. */
export const FLUSH_MS = 1_000;

/** How long a node that stops gives itself to take its word back from the DHT, in milliseconds. */
export const WITHDRAW_MS = 250;

/** How long a node that stops gives itself to acknowledge what it has taken, in milliseconds. */
export const HAND_OVER_MS = 250;

/** Realms that one peer may announce something in. */
export const MAX_PEER_REALMS = 64;

/** Bytes of the words, and of the facts, of a failure that is sent to a peer. */
export const MAX_FAILURE_BYTES = 2_048;

/** Characters of a handler's name that a peer may ask for. */
export const MAX_HANDLER_LENGTH = 128;

/** What both sides call the control stream, and the streams of publications, in key derivation. */
export const CONTROL_LANE = "control";
export const PUBLICATIONS_LANE = "publications";

/** How often a node looks in the DHT for others that take part in what it does, in milliseconds. */
export const DISCOVERY_PERIOD_MS = 30_000;

/** How long peers that have come are waited for before the DHT is asked again, in milliseconds. */
export const DISCOVERY_SETTLE_MS = 50;

/** How long one meeting of others takes at most, in milliseconds: a lookup, a dial and a hello. */
export const MEETING_MS = 3_000;

/** Names for which others are looked for at once, when all are. */
export const MEETINGS_AT_ONCE = 8;

/** How long after a peer was lost it is looked for again, in milliseconds. */
export const DISCOVERY_LOST_MS = 1_000;

/**
 * How long the DHT is given to be told that a node takes part in something, in milliseconds: less than
 * a meeting, which waits for it.
 */
export const SAYING_MS = 2_000;

/** Providers of one name that a node connects to. */
export const MAX_MET = 64;

/** For how long a provider that did not come is not waited for again, in milliseconds. */
export const SILENT_MS = 60_000;

/** Providers that did not come and are remembered. */
export const MAX_SILENT = 1_024;
