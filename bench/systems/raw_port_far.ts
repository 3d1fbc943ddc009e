/**
 * The driver of the system `raw` in the group `actors`: two Workers, joined by a port, without
 * actors. The main isolate only starts them and hears what has come of it, as in `macula`.
 *
 * @module
 */
import { drive, timed, type Work } from "../actor_driver.ts";
import type { CaseName, Run } from "../actor_workload.ts";
import type { RawOrder } from "./raw_port_worker.ts";

const worker = () =>
  new Worker(new URL("./raw_port_worker.ts", import.meta.url), { type: "module" });

function answer<T>(from: Worker): Promise<T> {
  return new Promise((resolve, reject) => {
    from.onmessage = ({ data }: MessageEvent<T>) => resolve(data);
    from.onerror = (event) => reject(new Error(event.message));
  });
}

async function prepare(name: CaseName): Promise<Work> {
  const [near, far] = [worker(), worker()];
  const { port1, port2 } = new MessageChannel();
  const ready = Promise.all([answer(near), answer(far)]);
  near.postMessage(port1, [port1]);
  far.postMessage(port2, [port2]);
  await ready;
  if (name === "xshard-tell") {
    return (count) =>
      timed(() => {
        const sum = answer<number>(far);
        far.postMessage({ what: "take", count } satisfies RawOrder);
        near.postMessage({ what: "tell", count } satisfies RawOrder);
        return sum;
      });
  }
  return (count) => {
    const run = answer<Run>(near);
    far.postMessage({ what: "echo", count } satisfies RawOrder);
    near.postMessage({ what: "ask", count } satisfies RawOrder);
    return run;
  };
}

await drive(prepare);
