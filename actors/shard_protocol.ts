import type { Topology } from "./reports.ts";
import type { TermRecord } from "./term_table.ts";

/** Property of the global object that says, inside a shard, which one it is. */
export const SHARD_MARK = Symbol.for("macula.shard");

/** One end of the link to another shard. */
export interface PortTo {
  readonly peer: number;
  readonly port: MessagePort;
  /** Buffers of the transits there and back. */
  readonly out: ArrayBufferLike;
  readonly in: ArrayBufferLike;
}

/** What the main isolate tells a shard's Worker, outside of the ports between shards. */
export type ShardCommand =
  | {
    readonly type: "init";
    readonly shard: number;
    readonly run: number;
    readonly ports: readonly PortTo[];
    readonly topology: Topology;
    readonly terms: readonly TermRecord[];
    /** Where its scheduler writes down what it does. */
    readonly heartbeat: ArrayBufferLike;
    /** Where it counts messages. */
    readonly books: ArrayBufferLike;
    /** How often its event loop shows that it comes round, in milliseconds; `null` for never. */
    readonly beatMs: number | null;
    /** What it holds for as long as it lives. */
    readonly lifeLine: string;
  }
  | { readonly type: "connect" } & PortTo
  | { readonly type: "topology"; readonly topology: Topology }
  | { readonly type: "lost"; readonly shard: number }
  | { readonly type: "close" };

/** What it answers. */
export type ShardReport = { readonly type: "ready" } | { readonly type: "closed" };
