import type { Bench, Group } from "./harness.ts";
import { MaculaNodes } from "./systems/macula_node.ts";
import { Nats } from "./systems/nats.ts";
import { calls, callsInFlight, type Sum } from "./workload.ts";

/** Calls of one run, one after the other. */
const SEQUENTIAL = 5_000;
/** Calls of one run, many at once. */
const CONCURRENT = 50_000;
const IN_FLIGHT = 64;

/** Calls of a procedure in another process. */
export const rpc: Group = {
  name: "rpc",
  about: "calls of a procedure that adds two numbers, one at a time and 64 in flight",
  cases: ["call", "call-64-in-flight"],
  async run(bench: Bench): Promise<void> {
    await bench.system("macula", () => MaculaNodes.open(), async (nodes) => {
      const note = "node to node, encrypted; node.call, each with a deadline";
      await both(bench, "macula", (a, b) => nodes.sum(a, b), note);
    });
    await bench.system("nats", () => Nats.open(), async (nats) => {
      const note = "no encryption; request and reply by way of a server";
      await both(bench, "nats", (a, b) => nats.sum(a, b), note);
    });
  },
};

async function both(bench: Bench, system: string, sum: Sum, note: string): Promise<void> {
  await bench.case(
    { name: "call", system, unit: "µs", note },
    () => calls(sum, bench.amount(SEQUENTIAL)),
  );
  await bench.case(
    { name: "call-64-in-flight", system, unit: "calls/s", note },
    () => callsInFlight(sum, bench.amount(CONCURRENT), IN_FLIGHT),
  );
}
