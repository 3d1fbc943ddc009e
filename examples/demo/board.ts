/**
 * What is known of a run while it goes on: the state that the table shows.
 *
 * @module
 */
import { type Call, type CallFigures, callFigures } from "./calls.ts";
import { PROCEDURE } from "./constants.ts";
import type { Summary } from "./ledger.ts";
import type { PolicyReport } from "./policy_report.ts";
import type { Watch } from "./processes.ts";
import type { CallerLine, FoundLine, SensorLine, StationLine } from "./protocol.ts";

/** Samples that are kept of a metric for its line. */
export const HISTORY = 60;

/** Time over which the rate of readings is reckoned, in milliseconds. */
const RATE_WINDOW_MS = 1_000;

/** Something that happened: when, in seconds, and how many reports of the station ago. */
export interface Mark {
  readonly what: "killed" | "returned" | "crashed";
  readonly at: number;
  age: number;
}

/** Gathers what the nodes say. */
export class Board implements Watch {
  /** How long readings are published, in seconds. */
  readonly seconds: number;
  readonly #now: () => number;
  readonly #counts: { readonly at: number; readonly received: number }[] = [];
  readonly #calls: Call[] = [];
  #begun: number | undefined;
  #isDead = false;
  bootstrapId = "";
  sensorId = "";
  stationId = "";
  callerId = "";
  host = "";
  source = "";
  published = 0;
  rpc: CallFigures = callFigures([]);
  summary: Summary | undefined;
  restarts = 0;
  /** Readings that the station knew of in its first report after the kill. */
  resumedWith = 0;
  /** Whom the sensor and the caller found in the DHT. */
  readonly found = new Map<"sensor" | "caller", FoundLine>();
  /** By topic or procedure. */
  readonly policies = new Map<string, PolicyReport>();
  /** The last values of each topic, one a report, the newest last. */
  readonly history = new Map<string, number[]>();
  readonly marks: Mark[] = [];

  /**
   * @param seconds how long readings are published
   * @param now milliseconds that never go back
   */
  constructor(seconds: number, now: () => number = () => performance.now()) {
    this.seconds = seconds;
    this.#now = now;
  }

  /** Seconds since the first reading was due. */
  get elapsed(): number {
    return this.#begun === undefined ? 0 : (this.#now() - this.#begun) / 1_000;
  }

  /** Readings received in the last second. */
  get rate(): number {
    const [first, last] = [this.#counts[0], this.#counts.at(-1)];
    if (!first || !last || last.at === first.at) return 0;
    return (last.received - first.received) / (last.at - first.at) * 1_000;
  }

  /** The last of what happened that is of this kind. */
  last(what: Mark["what"]): Mark | undefined {
    return this.marks.findLast((mark) => mark.what === what);
  }

  bootstrapped(id: string): void {
    this.bootstrapId = id;
  }

  sensorSaid(line: SensorLine): void {
    if (line.event === "ready") this.sensorId = line.id;
    if (line.event === "found") this.found.set("sensor", line);
    if (line.event === "publishing") {
      this.#begun = this.#now();
      this.host = line.host;
      this.source = line.source;
      this.policies.set(`iot/sensor/${line.host}/*`, line.policy);
    }
    if (line.event === "progress") this.published = line.published;
    if (line.event === "done") {
      this.published = Object.values(line.published).reduce((sum, count) => sum + count, 0);
    }
  }

  stationSaid(line: StationLine): void {
    if (line.event === "ready") {
      this.stationId = line.id;
      if (this.#isDead) this.#mark("returned", -1); // it stands over the report that follows
      this.#isDead = false;
    }
    if (line.event === "crashed") this.#mark("crashed", 0);
    if (line.event !== "statistics" && line.event !== "done") return;
    const { summary, restarts } = line;
    if (this.last("returned")?.age === -1) this.resumedWith = summary.received;
    this.summary = summary;
    this.restarts = restarts;
    if (line.event === "statistics" && summary.received > 0) this.#remember(summary);
  }

  callerSaid(line: CallerLine): void {
    if (line.event === "ready") this.callerId = line.id;
    if (line.event === "found") this.found.set("caller", line);
    if (line.event === "calling") this.policies.set(PROCEDURE, line.policy);
    if (line.event !== "call") return;
    this.#calls.push(line);
    this.rpc = callFigures(this.#calls);
  }

  killed(): void {
    this.#isDead = true;
    this.#mark("killed", 0);
  }

  #mark(what: Mark["what"], age: number): void {
    this.marks.push({ what, at: this.elapsed, age });
  }

  #remember({ metrics, received }: Summary): void {
    for (const [topic, { last }] of Object.entries(metrics)) {
      const values = this.history.get(topic) ?? [];
      values.push(last);
      if (values.length > HISTORY) values.shift();
      this.history.set(topic, values);
    }
    for (const mark of this.marks) mark.age++;
    const at = this.#now();
    this.#counts.push({ at, received });
    while (at - (this.#counts[0]?.at ?? at) > RATE_WINDOW_MS) this.#counts.shift();
  }
}
