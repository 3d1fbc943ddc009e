/**
 * Two nodes through the public API alone, one here and one in a second process.
 *
 * @module
 */
import { MaculaNode } from "@macula/mesh";
import { SecondProcess } from "../second_process.ts";
import type { PubSub } from "../workload.ts";
import { POLICIES } from "./policy_node.ts";
import type echoActor from "./macula_echo_actor.ts";

/** What the far node serves, and what it subscribes to. */
export const NAMES = {
  echo: "bench/echo",
  sum: "bench/sum",
  topics: { plain: "bench/publications", sealed: "sealed/publications" },
  realm: "bench",
  actor: "echo",
} as const;

/** A node here, connected to a node in a second process that serves and subscribes. */
export class MaculaNodes implements PubSub, AsyncDisposable {
  readonly #far: SecondProcess;
  readonly #address: string;
  readonly #node: MaculaNode;
  readonly #topic: string;
  readonly #opened: AsyncDisposableStack;

  private constructor(
    far: SecondProcess,
    address: string,
    node: MaculaNode,
    topic: string,
    opened: AsyncDisposableStack,
  ) {
    this.#far = far;
    this.#address = address;
    this.#node = node;
    this.#topic = topic;
    this.#opened = opened;
  }

  /** @param kind whether publications are sealed above TLS */
  static async open(kind: keyof typeof NAMES.topics = "plain"): Promise<MaculaNodes> {
    await using opened = new AsyncDisposableStack();
    const module = new URL("./macula_node_far.ts", import.meta.url);
    const topic = NAMES.topics[kind];
    const { process, ready } = await SecondProcess.start<{ address: string }>(module, [topic]);
    opened.use(process);
    const node = opened.use(await startAndJoin(ready.address));
    const suite = node.policy(topic).policy.app;
    if ((suite !== "none") !== (kind === "sealed")) throw new Error(`${topic} has suite ${suite}`);
    return new MaculaNodes(process, ready.address, node, topic, opened.move());
  }

  /** Starts one more node here, which joins the far one; its owner stops it. */
  startAndJoin(): Promise<MaculaNode> {
    return startAndJoin(this.#address);
  }

  /** Calls the procedure that echoes. */
  callEcho(bytes: Uint8Array): Promise<Uint8Array> {
    return this.#node.call(NAMES.echo, [bytes]) as Promise<Uint8Array>;
  }

  /** Asks the far node's actor that echoes. */
  askEcho(): (bytes: Uint8Array) => Promise<Uint8Array> {
    const [, id] = /^macula:\/\/([^@]+)@/.exec(this.#address) ?? [];
    const ref = this.#node.actor<typeof echoActor>(`macula://${id}/${NAMES.realm}/${NAMES.actor}`);
    return (bytes) => ref.ask.echo(bytes);
  }

  /** Calls the procedure that adds. */
  sum(a: number, b: number): Promise<number> {
    return this.#node.call(NAMES.sum, [a, b]) as Promise<number>;
  }

  async expect(count: number): Promise<void> {
    await this.#far.ask({ expect: count });
  }

  publish(bytes: Uint8Array): Promise<void> {
    return this.#node.publish(this.#topic, bytes);
  }

  async arrived(): Promise<void> {
    await this.#far.answer();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#opened.disposeAsync();
  }
}

async function startAndJoin(address: string): Promise<MaculaNode> {
  await using opened = new AsyncDisposableStack();
  const node = opened.use(await MaculaNode.start({ bootstrap: [address], policies: POLICIES }));
  await node.joined();
  opened.move();
  return node;
}
