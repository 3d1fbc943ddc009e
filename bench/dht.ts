import type { Bench, Group } from "./harness.ts";
import { MaculaDht } from "./systems/macula_dht.ts";
import { lookups, recordReads } from "./workload.ts";

/** Nodes in the process. */
const NODES = 16;
/** Look-ups of one run. */
const COUNT = 500;

/** Look-ups in the DHT. */
export const dht: Group = {
  name: "dht",
  about: `look-ups among ${NODES} nodes in one process`,
  cases: ["lookup", "lookup-record"],
  async run(bench: Bench): Promise<void> {
    await bench.system("macula", () => MaculaDht.open(NODES), async (nodes) => {
      const note = "over QUIC on loopback, all nodes on one core; each answer checked";
      await bench.case(
        { name: "lookup", system: "macula", unit: "µs", note },
        () => lookups(nodes, bench.amount(COUNT)),
      );
      await bench.case(
        { name: "lookup-record", system: "macula", unit: "µs", note },
        () => recordReads(nodes, bench.amount(COUNT)),
      );
    });
  },
};
