import type { Bench, Group } from "./harness.ts";
import { MaculaNodes } from "./systems/macula_node.ts";
import { Nats } from "./systems/nats.ts";
import { publications } from "./workload.ts";

/** Publications of one run: ours, and of the peer, which is some ten times as fast. */
const MACULA_COUNT = 100_000;
const NATS_COUNT = 1_000_000;

/** Publications from one process to another. */
export const pubsub: Group = {
  name: "pubsub",
  about: "publications of 256 bytes from one publisher to one subscriber",
  cases: ["pubsub-1-1", "pubsub-libsodium"],
  async run(bench: Bench): Promise<void> {
    await bench.system("macula", () => MaculaNodes.open(), async (nodes) => {
      await bench.case(
        {
          ...{ name: "pubsub-1-1", system: "macula", unit: "msg/s" },
          note:
            'node to node, encrypted; each publish awaited, overflow "wait": nothing is dropped',
        },
        () => publications(nodes, bench.amount(MACULA_COUNT)),
      );
    });
    await bench.system("macula", () => MaculaNodes.open("sealed"), async (nodes) => {
      await bench.case(
        {
          ...{ name: "pubsub-libsodium", system: "macula", unit: "msg/s" },
          note: "the same, each publication sealed for the other node as well",
        },
        () => publications(nodes, bench.amount(MACULA_COUNT)),
      );
    });
    await bench.system("nats", () => Nats.open(), async (nats) => {
      await bench.case(
        {
          ...{ name: "pubsub-1-1", system: "nats", unit: "msg/s" },
          note: "no encryption; by way of a server, at most once, a flush every 1,000",
        },
        () => publications(nats, bench.amount(NATS_COUNT)),
      );
    });
  },
};
