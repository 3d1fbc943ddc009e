/**
 * The first node: it finds in the DHT who wants readings, and publishes the machine's metrics.
 *
 * @module
 */
import type { MaculaNode } from "@macula/mesh";
import { childArguments, type Job, peersOf, runChildNode } from "./child_node.ts";
import { READING_PERIOD_MS, REPORT_PERIOD_MS, SUBSCRIBERS } from "./constants.ts";
import { findOthers } from "./find.ts";
import { say } from "./lines.ts";
import { openSource } from "./metrics.ts";
import { reportOf } from "./policy_report.ts";
import type { Command, SensorLine } from "./protocol.ts";
import { ticks } from "./ticks.ts";

class Sensor implements Job {
  readonly #node: MaculaNode;
  /** Aborted when the sensor is to stop at once. */
  readonly #signal: AbortSignal;
  readonly #begun = Promise.withResolvers<void>();
  readonly #finishing = new AbortController();
  readonly #source = openSource();
  readonly #root = `iot/sensor/${segment(Deno.hostname())}`;
  readonly #published: Record<string, number> = {};
  /** Readings published, over all topics; each carries its number. */
  #count = 0;
  readonly #work: Promise<void>;

  constructor(node: MaculaNode, signal: AbortSignal) {
    this.#node = node;
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#begun.resolve(), { once: true });
    this.#work = this.#run();
  }

  take(command: Command): void {
    if (command.do === "begin") this.#begun.resolve();
    if (command.do === "count") tell({ event: "count", published: this.#count });
    if (command.do === "finish") this.#finishing.abort();
  }

  async #run(): Promise<void> {
    const name = `${this.#root}/uptime`; // any of the topics: their policy is the same
    const sought = { kind: "topic", name, record: SUBSCRIBERS } as const;
    const peers = await findOthers(this.#node, sought, this.#signal);
    tell({ event: "found", name: SUBSCRIBERS, peers });
    await this.#begun.promise;
    if (this.#signal.aborted) return;
    const host = this.#root.slice(this.#root.lastIndexOf("/") + 1);
    const policy = reportOf(this.#node.policy(name));
    tell({ event: "publishing", host, source: this.#source.name, policy });
    const until = AbortSignal.any([this.#signal, this.#finishing.signal]);
    await Promise.all([this.#publish(until), this.#report(until)]);
    if (this.#signal.aborted) return;
    await this.#node.flush();
    tell({ event: "done", peers: await peersOf(this.#node), published: this.#published });
  }

  async #publish(until: AbortSignal): Promise<void> {
    // The first is due after a period: shares and rates are worked out between two readings.
    const rhythm = { periodMs: READING_PERIOD_MS, firstMs: READING_PERIOD_MS };
    for await (const _ of ticks(rhythm, until)) {
      for (const { metric, value, unit } of this.#source.read()) {
        const topic = `${this.#root}/${metric}`;
        this.#published[topic] = (this.#published[topic] ?? 0) + 1;
        await this.#node.publish(topic, { value, unit, n: ++this.#count });
      }
    }
  }

  async #report(until: AbortSignal): Promise<void> {
    for await (const _ of ticks({ periodMs: REPORT_PERIOD_MS }, until)) {
      tell({ event: "progress", published: this.#count });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#work;
  }
}

/** A host's name as a segment of a topic. */
function segment(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "") || "unnamed";
}

function tell(line: SensorLine): void {
  say(line);
}

if (import.meta.main) {
  const realms = ["iot"];
  await runChildNode(childArguments(Deno.args), realms, (node, signal) => new Sensor(node, signal));
}
