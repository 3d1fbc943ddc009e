/**
 * One run of the demo: a bootstrap node in this process and three node processes, from their start
 * to the verdict.
 *
 * @module
 */
import { MaculaNode } from "@macula/mesh";
import { conduct } from "./conduct.ts";
import { RUN_GRACE_MS, START_DEADLINE_MS } from "./constants.ts";
import { Processes, type Watch } from "./processes.ts";
import { machineClock } from "./ticks.ts";
import { judge, type Verdict } from "./verdict.ts";

/**
 * Runs the demo. However it ends, its processes have ended then, and their folders are gone.
 *
 * @param seconds how long readings are published
 * @param watch gets what the nodes say
 * @param signal ends the run; it rejects with the signal's reason
 * @throws {ChildError} when a node process fails
 * @throws {DOMException} `TimeoutError` when the run takes far longer than it should
 */
export async function run(seconds: number, watch: Watch, signal: AbortSignal): Promise<Verdict> {
  signal.throwIfAborted();
  await using folder = await temporaryFolder();
  // It brings the others together, and has no part in what they do.
  await using bootstrap = await MaculaNode.start({ shards: 0, realms: [] });
  watch.bootstrapped(bootstrap.id);
  await using processes = new Processes(folder.path, bootstrap.address, watch);

  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  try {
    return judge(
      await Promise.race([
        conduct(processes, watch, bootstrap.id, seconds, stop),
        processes.failed,
        failure(bootstrap, stop),
        tooLong(START_DEADLINE_MS + seconds * 1_000 + RUN_GRACE_MS, stop),
      ]),
    );
  } finally {
    over.abort();
  }
}

async function failure(bootstrap: MaculaNode, stop: AbortSignal): Promise<never> {
  const { message } = await bootstrap.failed;
  stop.throwIfAborted();
  throw new Error(`the bootstrap node has failed: ${message}`);
}

async function tooLong(ms: number, signal: AbortSignal): Promise<never> {
  await machineClock.sleep(ms, signal);
  throw new DOMException("the run takes far longer than it should", "TimeoutError");
}

async function temporaryFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "macula-demo-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
