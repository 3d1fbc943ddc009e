/**
 * What is known of a run while it goes on: the state that the table shows.
 *
 * @module
 */
import type { CallFigures } from "./latencies.ts";
import type { Summary } from "./ledger.ts";
import type { SensorLine, StationLine } from "./protocol.ts";
import type { Watch } from "./run.ts";

/** Samples that are kept of a metric for its line. */
export const HISTORY = 60;

/** Time over which the rate of readings is reckoned, in milliseconds. */
const RATE_WINDOW_MS = 1_000;

/** Gathers what both nodes say. */
export class Board implements Watch {
  /** How long readings are published, in seconds. */
  readonly seconds: number;
  readonly #now: () => number;
  readonly #counts: { readonly at: number; readonly received: number }[] = [];
  #begun: number | undefined;
  sensorId = "";
  stationId = "";
  /** The sensor's node is connected: each side has proved its node key to the other. */
  connected = false;
  host = "";
  source = "";
  published = 0;
  rpc: CallFigures = { calls: 0, failed: 0, p50_us: null, p99_us: null };
  summary: Summary | undefined;
  restarts = 0;
  /** The last values of each topic, one a report, the newest last. */
  readonly history = new Map<string, number[]>();
  /** Crashes of actors: when, in seconds, and how many reports ago. */
  readonly crashes: { readonly at: number; age: number }[] = [];

  /**
   * @param seconds how long readings are published
   * @param now milliseconds that never go back
   */
  constructor(seconds: number, now: () => number = () => performance.now()) {
    this.seconds = seconds;
    this.#now = now;
  }

  /** Seconds since the first reading was due; ends with the run. */
  get elapsed(): number {
    if (this.#begun === undefined) return 0;
    return Math.min(this.seconds, (this.#now() - this.#begun) / 1_000);
  }

  /** Readings received in the last second. */
  get rate(): number {
    const [first, last] = [this.#counts[0], this.#counts.at(-1)];
    if (!first || !last || last.at === first.at) return 0;
    return (last.received - first.received) / (last.at - first.at) * 1_000;
  }

  sensorSaid(line: SensorLine): void {
    if (line.event === "identity") this.sensorId = line.id;
    if (line.event === "ready") this.connected = true;
    if (line.event === "publishing") {
      this.#begun = this.#now();
      this.host = line.host;
      this.source = line.source;
    }
    if (line.event !== "progress" && line.event !== "done") return;
    this.published = Object.values(line.published).reduce((sum, count) => sum + count, 0);
    this.rpc = line.rpc;
  }

  stationSaid(line: StationLine): void {
    if (line.event === "identity") this.stationId = line.id;
    if (line.event === "crashed") this.crashes.push({ at: this.elapsed, age: 0 });
    if (line.event !== "statistics" && line.event !== "done") return;
    const { summary, restarts } = line;
    this.summary = summary;
    this.restarts = restarts;
    if (line.event === "statistics" && summary.received > 0) this.#remember(summary);
  }

  #remember({ metrics, received }: Summary): void {
    for (const [topic, { last }] of Object.entries(metrics)) {
      const values = this.history.get(topic) ?? [];
      values.push(last);
      if (values.length > HISTORY) values.shift();
      this.history.set(topic, values);
    }
    for (const crash of this.crashes) crash.age++;
    const at = this.#now();
    this.#counts.push({ at, received });
    while (at - (this.#counts[0]?.at ?? at) > RATE_WINDOW_MS) this.#counts.shift();
  }
}
