/**
 * The mesh: nodes, realms, topics, procedures.
 *
 * `MaculaNode` is a node. Its **bus** is what `publish`, `subscribe`, `serve` and `call` reach, from
 * any shard; it supervises the **realms**, each of which supervises its **topics**, **subscribers**
 * and **procedures**. For every connected peer there is a **session** (the control stream: what
 * each side subscribes to and serves, the calls between them, and the monitors of each on actors of
 * the other), an **inlet** and an **outlet** (publications). Local and remote subscribers of a topic
 * are served alike; whoever publishes does not know which they are.
 *
 * Publications are numbered by publisher, incarnation and topic; a subscriber drops what it has
 * had, and can tell gaps. **Discovery** finds in the DHT who takes part in a topic or serves a
 * procedure, and connects to them; a publication reaches the peers that this node is connected to,
 * and goes no further. Whatever crosses a realm leaves under the **suite** that the policy of its name
 * says, and comes in only if its suite has the properties that the policy here demands
 * (`admission.ts`). Not here yet: grants, policies signed by a realm's owner, relaying, retained
 * values, shared subscriptions.
 *
 * @example
 * ```ts
 * import { MaculaNode } from "./mod.ts";
 *
 * await using node = await MaculaNode.start();
 * await using _adder = await node.serve("lob/math/add", (a: number, b: number) => a + b);
 * console.assert(await node.call("lob/math/add", [40, 2]) === 42);
 * ```
 *
 * @module
 */
export { ConfigError, type NodeConfig, parseConfig, readConfig } from "./config.ts";
export {
  Continuity,
  type Counts as ContinuityCounts,
  type Verdict as ContinuityVerdict,
} from "./continuity.ts";
export {
  DisconnectedError,
  NoSuchProcedureError,
  NotConnectedError,
  NotExposedError,
  NotJoinedError,
  RefusedByPolicyError,
} from "./errors.ts";
export type { NodeEvent, PeerCounts, PeerInfo } from "./mesh_protocol.ts";
export { MaculaNode } from "./node.ts";
export { type FoundRecord, NodeDht } from "./node_dht.ts";
export type { NodeOptions, NodeSpawnOptions, NodeStats } from "./node_options.ts";
export type { NodeStatus, RealmStatus } from "./node_status.ts";
export { policyOf } from "./policy_of.ts";
export type { Publication } from "./publication.ts";
export { Subscription } from "./subscription.ts";
