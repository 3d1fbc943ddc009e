/**
 * A node with policies, asked for them through the public API.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { MaculaNode } from "@macula/mesh";
import type { Policies } from "../workload.ts";

/** The policy file of the benchmark. */
export const POLICIES = fileURLToPath(new URL("../policies.yaml", import.meta.url));

/** A node whose policies name two suites. */
export class PolicyNode implements Policies, AsyncDisposable {
  readonly names: readonly (readonly [name: string, suite: string])[] = Array.from(
    { length: 64 },
    (_, i) => i % 2 === 0 ? [`sealed/topic/${i}`, "libsodium"] : [`bench/topic/${i}`, "none"],
  );
  readonly #node: MaculaNode;

  private constructor(node: MaculaNode) {
    this.#node = node;
  }

  static async open(): Promise<PolicyNode> {
    return new PolicyNode(await MaculaNode.start({ policies: POLICIES, shards: 0 }));
  }

  suiteOf(name: string): string {
    return this.#node.policy(name).policy.app;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#node.stop();
  }
}
