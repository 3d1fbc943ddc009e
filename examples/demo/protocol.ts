/**
 * What the parent and its node processes say to one another: a line of JSON each, the parent on the
 * child's stdin, the child on its stdout. A child ends when its stdin does.
 *
 * @module
 */
import type { Call } from "./calls.ts";
import type { PolicyReport } from "./policy_report.ts";
import type { Summary } from "./ledger.ts";

/** What the parent tells a child. */
export type Command =
  /** To the sensor and the caller: publish, or call, from now on. */
  | { readonly do: "begin" }
  /** To the sensor: say how many readings are published. */
  | { readonly do: "count" }
  /** To the station: crash the statistics. */
  | { readonly do: "crash" }
  /** To the sensor and the caller: do no more, and report. */
  | { readonly do: "finish" }
  /** To the station: so many readings were published; report when the last is there, or too late. */
  | { readonly do: "finish"; readonly published: number };

/** What every child says. */
export type NodeLine =
  /** The node runs, and has joined the DHT. */
  | { readonly event: "ready"; readonly id: string }
  /** An actor has failed. */
  | { readonly event: "crashed"; readonly actor: string; readonly error: string };

/** What the sensor and the caller say of what they looked for in the DHT. */
export type FoundLine = {
  readonly event: "found";
  /** What they looked under. */
  readonly name: string;
  /** Ids of those who were there. */
  readonly peers: readonly string[];
};

/** How a node ends its part; these are its peers. */
export type Done = { readonly event: "done"; readonly peers: readonly string[] };

/** What the sensor says. */
export type SensorLine =
  | NodeLine
  | FoundLine
  /** The first reading is due now. */
  | {
    readonly event: "publishing";
    readonly host: string;
    readonly source: string;
    readonly policy: PolicyReport;
  }
  /** Readings published so far: from time to time … */
  | { readonly event: "progress"; readonly published: number }
  /** … and when it is asked. */
  | { readonly event: "count"; readonly published: number }
  /** Every reading is published and acknowledged; how many on each topic. */
  | (Done & { readonly published: Readonly<Record<string, number>> });

/** What the station says. */
export type StationLine =
  | NodeLine
  /** What the statistics are so far. */
  | ({ readonly event: "statistics" } & StationFigures)
  /** Every reading is there, or it has waited long enough. */
  | (Done & StationFigures);

/** What the station knows. */
export interface StationFigures {
  readonly summary: Summary;
  /** How often the statistics actor was restarted by its supervisor, in this process. */
  readonly restarts: number;
}

/** What the caller says. */
export type CallerLine =
  | NodeLine
  | FoundLine
  /** The first call is made soon. */
  | { readonly event: "calling"; readonly policy: PolicyReport }
  /** A call has ended. */
  | ({ readonly event: "call" } & Call)
  /** Every call has ended. */
  | Done;
