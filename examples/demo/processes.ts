/**
 * The demo's three node processes, each with a data folder of its own.
 *
 * @module
 */
import type { Call } from "./calls.ts";
import { NodeProcess } from "./node_process.ts";
import type { CallerLine, SensorLine, StationLine } from "./protocol.ts";

/** Whoever looks on. */
export interface Watch {
  /** The bootstrap node runs, in this process. */
  bootstrapped(id: string): void;
  sensorSaid(line: SensorLine): void;
  stationSaid(line: StationLine): void;
  callerSaid(line: CallerLine): void;
  /** The station's process is dead. */
  killed(): void;
}

/** The processes; disposing ends them. */
export class Processes implements AsyncDisposable {
  readonly sensor: NodeProcess<SensorLine>;
  readonly caller: NodeProcess<CallerLine>;
  /** The caller's calls that have ended. */
  readonly calls: readonly Call[];
  readonly #startStation: () => NodeProcess<StationLine>;
  readonly #failed = Promise.withResolvers<never>();
  #station: NodeProcess<StationLine>;

  /**
   * Starts them.
   *
   * @param folder for their data
   * @param bootstrap address of the only node that they know
   */
  constructor(folder: string, bootstrap: string, watch: Watch) {
    this.#failed.promise.catch(() => {/* whoever waits for it is told */});
    const own = (name: string) => [`${folder}/${name}`, bootstrap];
    // Deno opens /proc to nobody but --allow-all.
    const sensor = ["--allow-all", import.meta.resolve("./sensor.ts"), ...own("sensor")];
    this.#startStation = () => {
      const args = [...least(`${folder}/station`), import.meta.resolve("./station.ts")];
      return this.#start<StationLine>(
        "station",
        [...args, ...own("station")],
        (line) => watch.stationSaid(line),
      );
    };
    const caller = [...least(`${folder}/caller`), import.meta.resolve("./caller.ts")];
    const calls: Call[] = [];
    this.calls = calls;
    this.#station = this.#startStation();
    this.sensor = this.#start<SensorLine>("sensor", sensor, (line) => watch.sensorSaid(line));
    this.caller = this.#start<CallerLine>("caller", [...caller, ...own("caller")], (line) => {
      if (line.event === "call") calls.push(line);
      watch.callerSaid(line);
    });
  }

  /** The station's present process. */
  get station(): NodeProcess<StationLine> {
    return this.#station;
  }

  /** Rejects with a {@link ChildError} when one fails; being told to end and being killed is none. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Starts the station once more, on the same data folder; the former process must have ended. */
  restartStation(): void {
    this.#station = this.#startStation();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Each waits for its end: a failure of one must not leave another behind.
    const all = [this.caller, this.sensor, this.#station];
    await Promise.all(all.map((process) => process[Symbol.asyncDispose]()));
  }

  #start<L extends { readonly event: string }>(
    name: string,
    args: readonly string[],
    onLine: (line: L) => void,
  ): NodeProcess<L> {
    const run = ["run", "--quiet", "--no-prompt", "--frozen"];
    const process = new NodeProcess<L>(name, [...run, ...args], onLine);
    process.ended.catch(this.#failed.reject);
    return process;
  }
}

/** What a node needs: the network, its code and policies, and its data folder. */
function least(data: string): string[] {
  const all = ["net", "read", "env", "ffi", "sys"].map((name) => `--allow-${name}`);
  return [...all, `--allow-write=${data}`];
}
