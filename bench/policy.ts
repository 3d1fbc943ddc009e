import type { Bench, Group } from "./harness.ts";
import { PolicyNode } from "./systems/policy_node.ts";
import { resolutions } from "./workload.ts";

/** Resolutions of one run. */
const COUNT = 5_000_000;

/** How fast a node knows what policy a name has. */
export const policy: Group = {
  name: "policy",
  about: "resolutions of policies that were asked for before",
  cases: ["resolve-cached"],
  async run(bench: Bench): Promise<void> {
    await bench.system("macula", () => PolicyNode.open(), async (node) => {
      await bench.case(
        {
          ...{ name: "resolve-cached", system: "macula", unit: "ns" },
          note: "node.policy of 64 names in turn, each checked; no message",
        },
        () => Promise.resolve(resolutions(node, bench.amount(COUNT))),
      );
    });
  },
};
