import type { ResolvedBoxOptions } from "./box_options.ts";
import type { Carrier, CarrierEvents } from "./carrier.ts";
import type { Frame } from "./protocol.ts";

/** A Worker of its own as a box: for trusted code. */
export class WorkerCarrier implements Carrier {
  readonly #worker: Worker;
  readonly closed: Promise<void> = Promise.resolve();
  #over = false;

  constructor(url: string, { permissions }: ResolvedBoxOptions, events: CarrierEvents) {
    this.#worker = startWorker(url, permissions);
    this.#worker.onmessage = ({ data }) => {
      if (this.#over) return;
      try {
        events.frame(data, 0);
      } catch (error) {
        this.#lose(events, `sent what is no message (${(error as Error).message})`, true);
      }
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#lose(events, `lost its Worker (${event.message})`, false);
    };
  }

  send(frame: Frame): void {
    if (!this.#over) this.#worker.postMessage(frame);
  }

  kill(): void {
    this.#over = true;
    // Deno does not stop a Worker that spins (FACTS of 2.9): it is left alone, and nothing that it
    // does from now on has an effect.
    this.#worker.terminate();
  }

  #lose(events: CarrierEvents, what: string, killed: boolean): void {
    if (this.#over) return;
    this.kill();
    events.lost(what, killed);
  }
}

function startWorker(url: string, permissions: ResolvedBoxOptions["permissions"]): Worker {
  const host = new URL("./worker_host.ts", import.meta.url);
  if (permissions === "inherit") return new Worker(host, { type: "module" });
  // The agent must be part of the Worker's own module graph, which is loaded with the permissions of
  // its owner: those of the Worker may not reach its file.
  const main = `import { provide } from ${JSON.stringify(host.href)};\n` +
    `import agent from ${JSON.stringify(url)};\nprovide(agent);`;
  return new Worker(`data:text/javascript,${encodeURIComponent(main)}`, {
    type: "module",
    deno: { permissions },
  } as WorkerOptions);
}
