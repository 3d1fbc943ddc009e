/**
 * The far side of `macula_node.ts`: serves the procedures, exposes the actor, and counts what it
 * subscribes to.
 *
 * @module
 */
import { MaculaNode } from "@macula/mesh";
import { orders, say, sayFailed } from "../far_side.ts";
import { PublicationCheck } from "../workload.ts";
import echoActor from "./macula_echo_actor.ts";
import { NAMES } from "./macula_node.ts";
import { POLICIES } from "./policy_node.ts";

const [topic = NAMES.topics.plain] = Deno.args;
await using node = await MaculaNode.start({ policies: POLICIES });
await using _echo = await node.serve(NAMES.echo, (bytes: Uint8Array) => bytes);
await using _sum = await node.serve(NAMES.sum, (a: number, b: number) => a + b);
await node.spawn(echoActor, { name: NAMES.actor, expose: NAMES.realm });
await using subscription = node.subscribe(topic, { overflow: "wait" });
await subscription.ready;

let check: PublicationCheck | undefined;

async function count(): Promise<void> {
  for await (const { payload } of subscription) {
    try {
      if (check?.take(payload)) say({ arrived: true });
    } catch (error) {
      check = undefined; // one fault is enough
      sayFailed(error);
    }
  }
}

const counting = count();
say({ address: node.address });
for await (const { expect } of orders<{ expect: number }>()) {
  check = new PublicationCheck(expect);
  say({ expects: expect });
}
await subscription.return();
await counting;
