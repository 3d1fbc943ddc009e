/** Main module of a shard's Worker: a kernel and nothing else. @module */
import { systemClock } from "./clock.ts";
import { Heartbeat } from "./fleet/heartbeat.ts";
import { holdLifeLine } from "./fleet/life_line.ts";
import { Kernel } from "./kernel.ts";
import { startService } from "./service.ts";
import { ShardBooks } from "./shard_books.ts";
import { type PortTo, SHARD_MARK, type ShardCommand, type ShardReport } from "./shard_protocol.ts";
import { Transit } from "./transit.ts";

const worker = globalThis as unknown as {
  onmessage: (event: MessageEvent<ShardCommand>) => void;
  postMessage(report: ShardReport): void;
  close(): void;
  [SHARD_MARK]: number;
};

let kernel: Kernel | undefined;
const close = worker.close.bind(globalThis);

function connect(shard: Kernel, to: PortTo): void {
  shard.connect(to.peer, to.port, { out: new Transit(to.out), in: new Transit(to.in) });
}

// Set before the first await: messages that arrive earlier would be lost.
worker.onmessage = ({ data }) => {
  switch (data.type) {
    case "init": {
      const heartbeat = new Heartbeat(data.heartbeat);
      const books = new ShardBooks(data.books);
      const shard = kernel = new Kernel(data.shard, data.run, systemClock, heartbeat, books);
      worker[SHARD_MARK] = data.shard;
      for (const to of data.ports) connect(shard, to);
      shard.spawner.setTopology(data.topology);
      for (const term of data.terms) shard.terms.put(term);
      if (data.beatMs !== null) setInterval(() => heartbeat.beat(), data.beatMs);
      Promise.all([holdLifeLine(data.lifeLine), startService(shard)])
        .then(() => worker.postMessage({ type: "ready" }));
      return;
    }
    case "connect":
      return kernel && connect(kernel, data);
    case "topology":
      return kernel?.spawner.setTopology(data.topology);
    case "lost":
      return kernel?.shardLost(data.shard);
    case "close":
      kernel?.close();
      worker.postMessage({ type: "closed" });
      return close();
  }
};

// An error that no actor's handler threw becomes a report: it must not end the shard, let alone
// the node, which an uncaught error in a Worker does by default.
addEventListener("error", (event) => {
  event.preventDefault();
  kernel?.crashed(undefined, "(uncaught)", event.error ?? event.message);
});
addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  kernel?.crashed(undefined, "(unhandled rejection)", event.reason);
});

// Both end the Worker without a sign that its parent could see.
const refuse = (what: string) => () => {
  throw new Error(`${what} would end a shard with all of its actors: call ctx.stop() instead`);
};
Object.defineProperty(globalThis, "close", { value: refuse("close()") });
Object.defineProperty(Deno, "exit", { value: refuse("Deno.exit()") });
