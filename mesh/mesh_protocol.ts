import type { AnyRef, Bus, BusSubscription, ExitReason, Ref } from "../actors/mod.ts";
import type { SealErrorCode } from "../security/mod.ts";
import type { ConnectionListener, DialListener, FrameSink } from "../transport/mod.ts";
import type { DhtLink } from "../dht/mod.ts";
import type { InvokeMode } from "./frames.ts";

/** Where an exposed actor is on its node. */
export type ExposedName = {
  /** The realm's alias at this node. */
  readonly realm: string;
  readonly name: string;
};

/** A message to an actor that is exposed to a realm. */
export type Invocation = ExposedName & {
  readonly handler: string;
  /** The arguments, as an encoded array. */
  readonly args: Uint8Array;
  readonly mode: InvokeMode;
};

/** A peer, as realms know it. */
export type PeerLink = {
  readonly peer: string;
  readonly session: Ref<Session>;
  readonly outlet: Ref<Outlet>;
};

/** What a realm has that its peers must know of, or what a peer has. */
export type Announcements = {
  readonly patterns: readonly string[];
  readonly procedures: readonly string[];
};

/** What a peer has said that it has in a realm. */
export type Announced = Announcements & { readonly link: PeerLink };

/** A realm that this node has joined. */
export type JoinedRealm = {
  readonly alias: string;
  readonly realm: Ref<Realm>;
};

/** The protocol of the bus within the node; users see {@link Bus} only. */
export type MeshBus = Bus & {
  /** The realm of that alias, which is joined when it is first spoken of; refused at the limit. */
  realm(alias: string): Promise<Ref<Realm> | undefined>;
  /** The realm of that key (its id in hex), if this node has joined it. */
  joinedRealm(key: string): JoinedRealm | null;
  /** The aliases of the realms that this node has joined. */
  joinedRealms(): readonly string[];
  /** A peer is there: realms learn of it, and what they have is returned. */
  peerJoined(link: PeerLink): Promise<Announcements>;
  peerLeft(link: PeerLink): void;
  /** What a peer says of a realm, joined or not: it counts from when it is joined. */
  peerSubscribed(link: PeerLink, key: string, rest: string): Promise<void>;
  peerUnsubscribed(link: PeerLink, key: string, rest: string): Promise<void>;
  peerRegistered(link: PeerLink, key: string, rest: string): Promise<void>;
  peerUnregistered(link: PeerLink, key: string, rest: string): void;
  /** Calls a procedure of this node's own, on behalf of a peer. */
  callLocal(procedure: string, args: Uint8Array): Promise<Uint8Array>;
  /** Makes an actor reachable in a realm. */
  expose(realm: string, name: string, target: AnyRef): Promise<void>;
  /** An actor of this node that is exposed to a realm. */
  exposed(name: ExposedName): Promise<AnyRef | null>;
  /**
   * Monitors an exposed actor of another node, which is found and connected when it is not.
   *
   * @param key what the watcher is told of its end with
   * @returns the session, whose end is that of the monitor
   */
  monitor(
    nodeId: string,
    name: ExposedName,
    watcher: Ref<Watcher>,
    key: number,
  ): Promise<Ref<Session>>;
  demonitor(nodeId: string, key: number): void;
  /** Messages an exposed actor, of this node or another. */
  invoke(nodeId: string, invocation: Invocation): Promise<Uint8Array | null>;
  /** The same for one of this node's own, on behalf of a peer. */
  invokeLocal(invocation: Invocation): Promise<Uint8Array | null>;
};

/** The protocol of a realm. */
export type Realm = {
  /** The actor of a topic that is published on, made when it is first; refused at the limit. */
  topic(name: string): Promise<PublishedTopic | undefined>;
  /** The same, if anyone here listens to it; `null` if not. */
  heardTopic(name: string): Promise<Ref<Topic> | undefined | null>;
  subscribe(subscription: BusSubscription): Promise<void>;
  unsubscribe(pattern: string, target: AnyRef): void;
  serve(procedure: string, target: AnyRef, handler: string): Promise<void>;
  unserve(procedure: string, target: AnyRef): void;
  call(procedure: string, args: Uint8Array, localOnly: boolean): Promise<Uint8Array>;
  expose(name: string, target: AnyRef): void;
  exposed(name: string): AnyRef | null;
  invoke(invocation: Invocation): Promise<Uint8Array | null>;
  peerJoined(link: PeerLink): Announcements;
  peerLeft(link: PeerLink): void;
  peerSubscribed(link: PeerLink, pattern: string): void;
  peerUnsubscribed(link: PeerLink, pattern: string): void;
  peerRegistered(link: PeerLink, procedure: string): void;
  peerUnregistered(link: PeerLink, procedure: string): void;
  /** The slot of a subscriber's target has ended. */
  targetEnded(key: string): void;
  /** The slot behind a procedure or an exposed actor has ended. */
  serverEnded(kind: "procedure" | "exposed", name: string, target: AnyRef): void;
};

/** A topic that this node publishes on. */
export type PublishedTopic = {
  readonly topic: Ref<Topic>;
  /** Whether it waits for subscribers to be met before its first publication leaves. */
  readonly gated: boolean;
};

/** The protocol of a topic. */
export type Topic = {
  publish(payload: Uint8Array): Promise<void>;
  /** What is published from now on waits. */
  gate(): void;
  /** What has waited goes on, in order. */
  open(): Promise<void>;
  /** Takes a peer's publication to the subscribers of this node. */
  deliver(
    publisher: string,
    incarnation: number,
    sequence: number,
    payload: Uint8Array,
  ): Promise<void>;
  addSubscriber(key: string, subscriber: Ref<Subscriber>): void;
  removeSubscriber(key: string): void;
  addPeer(peer: string, outlet: Ref<Outlet>): void;
  removePeer(peer: string): void;
};

/** The protocol of a subscriber, which stands for one subscription. */
export type Subscriber = {
  publication(
    topic: string,
    publisher: string,
    incarnation: number,
    sequence: number,
    payload: Uint8Array,
  ): Promise<void>;
};

/** The protocol of a procedure that this node serves. */
export type Procedure = {
  invoke(args: Uint8Array): Promise<Uint8Array>;
};

/** A frame of a peer's that this node does not take, though the connection stays. */
export type FrameRefusal = {
  /** The request that it was, 0 if it was none. */
  readonly id: number;
  readonly code: RefusedFrameCode;
  readonly message: string;
};

/** Why a frame of a peer's is not taken. */
export type RefusedFrameCode =
  /** Its realm is none that this node has joined. */
  | "not-joined"
  /** Its suite is weaker than what this node's policy demands. */
  | "refused-by-policy"
  /** Its suite is none that this node has. */
  | "unknown-suite"
  /** The peer has as many monitors as it may. */
  | "too-many"
  | SealErrorCode;

/** The protocol of a session: one peer's control stream. */
export type Session = FrameSink & DhtLink & {
  /** Says what this node has; then that it has said it. */
  begin(announcements: Announcements): void;
  /** Settles when the peer has confirmed. */
  announceSubscription(pattern: string): Promise<void>;
  withdrawSubscription(pattern: string): void;
  announceProcedure(procedure: string): Promise<void>;
  withdrawProcedure(procedure: string): void;
  call(procedure: string, args: Uint8Array): Promise<Uint8Array>;
  invoke(invocation: Invocation): Promise<Uint8Array | null>;
  /**
   * Monitors an exposed actor of the peer's; `watcher` is told once, when its present incarnation
   * has ended or the connection is lost.
   */
  monitor(name: ExposedName, watcher: Ref<Watcher>, key: number): void;
  demonitor(key: number): void;
  /** Settles when the peer has acknowledged so many of this node's publications. */
  acknowledged(upTo: number): Promise<void>;
  /** The outlet has written so many publications. */
  written(count: number): void;
  /** How many were written, and how many of them the peer has acknowledged. */
  counts(): { readonly sent: number; readonly acknowledged: number };
  /** The inlet has handed on, or refused, so many of the peer's publications. */
  received(count: number): void;
  /** A frame of the peer's was refused. */
  frameRefused(refusal: FrameRefusal): void;
  /** The peer acts under another policy in a realm than this node. */
  policyDiffers(realm: string, there: Uint8Array): void;
  /** The inlet found something that is no frame. */
  refuse(code: "bad-frame" | "frame-too-large" | "unknown-frame", message: string): void;
};

/** The protocol of whoever monitors actors of other nodes: told of each end by its number. */
export type Watcher = { down(key: number, reason: ExitReason): void };

/** The protocol of an inlet: one peer's publications. */
export type Inlet = FrameSink & {
  /** How many have been handed on; asked behind chunks, it is answered after them. */
  handedOn(): number;
};

/** The protocol of an outlet: this node's publications to one peer. */
export type Outlet = {
  /** A publication that goes to every peer in the same form: a whole frame. */
  publication(frame: Uint8Array): Promise<void>;
  /** One that is sealed for this peer. */
  sealedPublication(
    suite: string,
    realmId: Uint8Array,
    header: Uint8Array,
    payload: Uint8Array,
  ): Promise<void>;
  /** Settles when everything before is written; how many publications that makes so far. */
  flushed(): Promise<number>;
  /** Names the session, which is told how many are written. */
  attach(session: Ref<Session>): void;
  /** Its timer: writes what is gathered still. */
  idle(): Promise<void>;
};

/** The protocol of the actor that knows all peers. */
export type Peers = ConnectionListener & DialListener & {
  synced(peer: string, connectionNumber: number): void;
  ended(peer: string, connectionNumber: number, code: string, message: string): Promise<void>;
  /** Settles when the peer is connected and has said what it has; fails when it is not coming. */
  whenSynced(peer: string): Promise<void>;
  frameRefused(peer: string, by: "here" | "peer", code: string, message: string): void;
  policyDiffers(peer: string, realm: string, here: string, there: string): void;
  /** Settles when what peers have sent so far is handed on, and they are being told so. */
  handOver(): Promise<void>;
  list(): PeerInfo[];
  counts(): Promise<PeerCounts>;
  /** Settles when every peer has acknowledged what was sent to it so far. */
  flush(): Promise<void>;
};

/** A connected peer. */
export type PeerInfo = {
  readonly peer: string;
  readonly remote: string;
  readonly dialled: boolean;
  readonly synced: boolean;
  readonly incarnation: number;
};

/** Counts over all peers since the node started. */
export type PeerCounts = {
  /** Publications sent to peers. */
  readonly sent: number;
  /** Publications sent over a connection that was lost before they were acknowledged. */
  readonly unknown: number;
  /** Connections refused before they were up, by code. */
  readonly refused: { readonly [code: string]: number };
  /** Frames of peers that this node did not take, by code. */
  readonly refusedFrames: { readonly [code: string]: number };
};

/** The protocol of the actor that finds others in the DHT. */
export type Discovery = {
  /** The node takes part in these, by their names in the DHT: it says so there, and meets others. */
  join(names: readonly string[]): void;
  /** It does no longer. */
  leave(names: readonly string[]): void;
  /** Settles when those who take part are connected, as far as they come in time: how many. */
  meet(names: readonly string[]): Promise<number>;
  /**
   * Settles when the first of those who take part is connected; false when there is none. Fails when
   * the DHT could not be asked.
   */
  meetOne(name: string): Promise<boolean>;
  /** Settles when the node of that id is connected and has said what it has. */
  reach(peer: string): Promise<void>;
  /** A peer has come: the first ones make the DHT known. */
  grown(): void;
  /** A peer has gone, and may be found again. */
  lost(): void;
  /** Its timers. */
  tick(): void;
  meetAll(): void;
};

/** What a node tells of itself as it happens. Events come in pairs, and carry facts, not prose. */
export type NodeEvent =
  | {
    readonly event: "peer-up";
    readonly peer: string;
    readonly remote: string;
    readonly dialled: boolean;
  }
  | { readonly event: "peer-synced"; readonly peer: string }
  | {
    readonly event: "peer-down";
    readonly peer: string;
    readonly code: string;
    readonly message: string;
    readonly unknown: number;
  }
  | {
    readonly event: "refused";
    readonly by: string;
    readonly code: string;
    readonly message: string;
    readonly remote: string;
  }
  | {
    readonly event: "dial-failed";
    readonly address: string;
    readonly code: string;
    readonly message: string;
    readonly failures: number;
    readonly retryMs: number;
  }
  /** Frames of this kind are refused; told once a connection. */
  | {
    readonly event: "frame-refused";
    readonly by: "here" | "peer";
    readonly peer: string;
    readonly code: string;
    readonly message: string;
  }
  /** A peer acts under another policy in a realm; hashes in hex. */
  | {
    readonly event: "policy-differs";
    readonly peer: string;
    readonly realm: string;
    readonly here: string;
    readonly there: string;
  }
  /** This node has found its place in the DHT. */
  | { readonly event: "dht-joined"; readonly contacts: number }
  /** Another node has reached this one at an address. */
  | { readonly event: "reachable"; readonly address: string };

/** Whoever is told of events. */
export type EventListener = { event(event: NodeEvent): void };
