/**
 * What the parent and its two node processes say to one another: a line of JSON each, the parent on
 * the child's stdin, the child on its stdout. A child ends when its stdin does.
 *
 * @module
 */
import type { CallFigures } from "./latencies.ts";
import type { Summary } from "./ledger.ts";

/** What the parent tells a child. */
export type Command =
  /** Start the node: only this peer may connect, and if it has an address, connect to it. */
  | { readonly do: "start"; readonly peer: string; readonly address?: string }
  /** To the station: crash the statistics. */
  | { readonly do: "crash" }
  /** To the station: so many readings were published; report when they are there, or too late. */
  | { readonly do: "finish"; readonly published: number };

/** What both children say. */
export type NodeLine =
  /** It has a node key, and this is the id that follows from it. */
  | { readonly event: "identity"; readonly id: string }
  /** The node runs. */
  | { readonly event: "ready"; readonly address: string }
  /** An actor has failed. */
  | { readonly event: "crashed"; readonly actor: string; readonly error: string };

/** What the sensor says. */
export type SensorLine =
  | NodeLine
  /** The first reading is due now. */
  | { readonly event: "publishing"; readonly host: string; readonly source: string }
  /** How far it is. */
  | ({ readonly event: "progress" } & SensorFigures)
  /** Every reading is published and acknowledged; these are its peers. */
  | ({ readonly event: "done"; readonly peers: readonly string[] } & SensorFigures);

/** What the sensor knows. */
export interface SensorFigures {
  /** Publications by topic. */
  readonly published: Readonly<Record<string, number>>;
  readonly rpc: CallFigures;
  /** Why calls failed. */
  readonly errors: readonly string[];
}

/** What the station says. */
export type StationLine =
  | NodeLine
  /** What the statistics are so far. */
  | ({ readonly event: "statistics" } & StationFigures)
  /** Every reading is there, or it has waited long enough; these are its peers. */
  | ({ readonly event: "done"; readonly peers: readonly string[] } & StationFigures);

/** What the station knows. */
export interface StationFigures {
  readonly summary: Summary;
  /** How often the statistics actor was restarted, as the actor system counts it. */
  readonly restarts: number;
}
