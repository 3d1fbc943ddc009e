/**
 * The course of a run: what the parent tells the nodes, and when.
 *
 * @module
 */
import { answerOf } from "./calls.ts";
import { CALM_MS, CRASH_AT, KILL_AT, PROCEDURE } from "./constants.ts";
import type { Outage } from "./outage.ts";
import type { Processes, Watch } from "./processes.ts";
import { machineClock } from "./ticks.ts";
import type { Evidence } from "./verdict.ts";

/**
 * Conducts a run: kills the station in the middle and starts it again, crashes its statistics later,
 * and ends all when the time is over, or as soon as that has been seen.
 *
 * @param bootstrapId id of the node that the processes know
 * @param seconds how long readings are published, if the station is back in time
 * @param stop ends it; it rejects with the signal's reason
 */
export async function conduct(
  processes: Processes,
  watch: Watch,
  bootstrapId: string,
  seconds: number,
  stop: AbortSignal,
): Promise<Evidence> {
  const { sensor, caller, calls } = processes;
  const [{ id: sensorId }, { id: callerId }, { id: before }] = await Promise.all([
    sensor.said("ready"),
    caller.said("ready"),
    processes.station.said("ready"),
  ]);
  const found = await Promise.all([sensor.said("found"), caller.said("found")]);
  sensor.send({ do: "begin" });
  caller.send({ do: "begin" });
  const [{ host, policy: topicPolicy }, { policy: procedurePolicy }] = await Promise.all([
    sensor.said("publishing"),
    caller.said("calling"),
  ]);
  const start = performance.now();
  const until = (part: number) =>
    machineClock.sleep(Math.max(0, start + part * seconds * 1_000 - performance.now()), stop);

  await Promise.all([until(KILL_AT), caller.said("call")]);
  const { outage, id: after } = await interrupt(processes, watch, stop);
  await caller.next("call", (call) => call.begun > outage.killedAt && !!answerOf(call));
  await machineClock.sleep(CALM_MS, stop);
  await until(CRASH_AT);
  const crashed = processes.station.next("crashed");
  processes.station.send({ do: "crash" });
  await crashed;
  await machineClock.sleep(CALM_MS, stop);

  await until(1);
  sensor.send({ do: "finish" });
  caller.send({ do: "finish" });
  const [published, called] = await Promise.all([sensor.said("done"), caller.said("done")]);
  const total = Object.values(published.published).reduce((sum, count) => sum + count, 0);
  processes.station.send({ do: "finish", published: total });
  return {
    ...{ bootstrapId, sensorId, callerId, stationIds: [before, after], found, outage, calls },
    ...{ sensor: published, caller: called, station: await processes.station.said("done") },
    policies: { [`iot/sensor/${host}/*`]: topicPolicy, [PROCEDURE]: procedurePolicy },
  };
}

/** Kills the station's process, starts it again, and waits until it is back. */
async function interrupt(
  processes: Processes,
  watch: Watch,
  stop: AbortSignal,
): Promise<{ readonly outage: Outage; readonly id: string }> {
  const publishedBefore = await published(processes);
  const killedAt = Date.now();
  await processes.station.kill();
  watch.killed();
  const publishedDead = await published(processes);
  stop.throwIfAborted(); // nobody would end what is started after the others are ended
  processes.restartStation();
  const { id } = await processes.station.said("ready");
  const backAt = Date.now();
  const publishedBack = await published(processes);
  const outage = { killedAt, backAt, publishedBefore, publishedDead, publishedBack };
  return { outage, id };
}

async function published({ sensor }: Processes): Promise<number> {
  const counted = sensor.next("count");
  sensor.send({ do: "count" });
  return (await counted).published;
}
