/**
 * One run of the demo: two node processes, from their identities to the verdict.
 *
 * @module
 */
import { RUN_GRACE_MS, START_DEADLINE_MS } from "./constants.ts";
import { NodeProcess } from "./node_process.ts";
import type { SensorLine, StationLine } from "./protocol.ts";
import { machineClock } from "./ticks.ts";
import { judge, type Verdict } from "./verdict.ts";

/** Whoever looks on. */
export interface Watch {
  sensorSaid(line: SensorLine): void;
  stationSaid(line: StationLine): void;
}

type SensorProcess = NodeProcess<SensorLine>;
type StationProcess = NodeProcess<StationLine>;

/**
 * Runs the demo. However it ends, its processes have ended then, and their folders are gone.
 *
 * @param seconds how long readings are published
 * @param watch gets what both nodes say
 * @param signal ends the run; it rejects with the signal's reason
 * @throws {ChildError} when a node process fails
 * @throws {DOMException} `TimeoutError` when the run takes far longer than it should
 */
export async function run(seconds: number, watch: Watch, signal: AbortSignal): Promise<Verdict> {
  signal.throwIfAborted();
  await using folder = await temporaryFolder();
  const data = { station: `${folder.path}/station`, sensor: `${folder.path}/sensor` };
  await using station: StationProcess = new NodeProcess("station", [
    ...["run", "--quiet", "--no-prompt", "--frozen"],
    ...["--allow-net", "--allow-read", "--allow-env", "--allow-ffi", "--allow-sys"],
    ...[`--allow-write=${data.station}`, import.meta.resolve("./station.ts"), data.station],
  ], (line) => watch.stationSaid(line));
  await using sensor: SensorProcess = new NodeProcess("sensor", [
    // Deno opens /proc to nobody but --allow-all.
    ...["run", "--quiet", "--no-prompt", "--frozen", "--allow-all"],
    ...[import.meta.resolve("./sensor.ts"), data.sensor, String(seconds)],
  ], (line) => watch.sensorSaid(line));

  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  try {
    return await Promise.race([
      conduct(sensor, station, seconds, stop),
      failure(sensor),
      failure(station),
      tooLong(START_DEADLINE_MS + seconds * 1_000 + RUN_GRACE_MS, stop),
    ]);
  } finally {
    over.abort();
  }
}

async function conduct(
  sensor: SensorProcess,
  station: StationProcess,
  seconds: number,
  stop: AbortSignal,
): Promise<Verdict> {
  const [{ id: sensorId }, { id: stationId }] = await Promise.all([
    sensor.said("identity"),
    station.said("identity"),
  ]);
  station.send({ do: "start", peer: sensorId });
  const { address } = await station.said("ready");
  sensor.send({ do: "start", peer: stationId, address });
  await sensor.said("publishing");

  await machineClock.sleep(seconds * 1_000 / 2, stop);
  station.send({ do: "crash" });

  const published = await sensor.said("done");
  const total = Object.values(published.published).reduce((sum, count) => sum + count, 0);
  station.send({ do: "finish", published: total });
  return judge({ sensorId, stationId, sensor: published, station: await station.said("done") });
}

async function failure(child: SensorProcess | StationProcess): Promise<never> {
  await child.ended;
  throw new Error(`the ${child.name} has ended before the run was over`);
}

async function tooLong(ms: number, signal: AbortSignal): Promise<never> {
  await machineClock.sleep(ms, signal);
  throw new DOMException("the run takes far longer than it should", "TimeoutError");
}

async function temporaryFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "macula-demo-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
