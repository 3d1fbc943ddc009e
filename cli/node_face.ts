import type {
  CallOptions,
  MaculaNode,
  NodeDht,
  NodeStatus,
  PeerInfo,
  Publication,
  Resolution,
  Value,
} from "../mod.ts";

/** A call that came in for a procedure that a command serves. */
export interface ServedCall {
  readonly args: readonly Value[];
  /** Id of the node that it came from; `undefined` for this one. */
  readonly caller: string | undefined;
  /** Aborted when nobody waits for the result any longer. */
  readonly signal: AbortSignal;
}

/** What is done for a call; what it throws is the caller's error. */
export type ServedHandler = (call: ServedCall) => Promise<Value>;

/** Publications as they come; ended by `break`, `return` or disposal. */
export interface Publications extends AsyncIterable<Publication>, AsyncDisposable {
  /** Settles when the node and its peers deliver to it. */
  readonly ready: Promise<void>;
}

/** Counts of a control socket. */
export interface ControlCounts {
  /** Connections that are open. */
  readonly connections: number;
  /** Connections and lines that were refused since the node started. */
  readonly refused: number;
}

/** What a node is, and how it does; `control` where it was asked by its control socket. */
export type FaceStatus = NodeStatus & { readonly control?: ControlCounts };

/** Records and look-ups, as {@link NodeDht} has them. */
export type DhtFace = Pick<
  NodeDht,
  "get" | "put" | "getValue" | "putValue" | "lookup" | "providers" | "table"
>;

/**
 * What commands do with a node, whichever it is: one of this process, which is there for the
 * command alone, or one behind its control socket. Methods are those of {@link MaculaNode}.
 */
export interface NodeFace
  extends Pick<MaculaNode, "publish" | "flush" | "call" | "actors" | "shards" | "reloadPolicies"> {
  readonly id: string;
  readonly dht: DhtFace;
  peers(): Promise<readonly PeerInfo[]>;
  status(): Promise<FaceStatus>;
  call(procedure: string, args: readonly Value[], options?: CallOptions): Promise<unknown>;
  subscribe(pattern: string): Publications;
  /** Serves a procedure until what it returns is disposed. */
  serve(procedure: string, handler: ServedHandler): Promise<AsyncDisposable>;
  policy(name: string, options?: { readonly application?: string }): Promise<Resolution>;
}
