/**
 * The first node: it publishes the machine's metrics, and calls for their summary.
 *
 * @module
 */
import type { MaculaNode } from "@macula/mesh";
import { type Job, runChildNode } from "./child_node.ts";
import {
  CALL_DEADLINE_MS,
  CALL_PERIOD_MS,
  FIRST_CALL_MS,
  PROCEDURE,
  READING_PERIOD_MS,
  REPORT_PERIOD_MS,
} from "./constants.ts";
import { CallTimes } from "./latencies.ts";
import { say } from "./lines.ts";
import { openSource } from "./metrics.ts";
import type { SensorFigures, SensorLine } from "./protocol.ts";
import { ticks } from "./ticks.ts";

class Sensor implements Job {
  readonly #node: MaculaNode;
  readonly #seconds: number;
  readonly #signal: AbortSignal;
  readonly #source = openSource();
  readonly #host = segment(Deno.hostname());
  readonly #published: Record<string, number> = {};
  readonly #times = new CallTimes();
  readonly #errors: string[] = [];
  /** Readings that the last summary knew of. */
  #known = 0;
  readonly #work: Promise<void>;

  constructor(node: MaculaNode, seconds: number, signal: AbortSignal) {
    this.#node = node;
    this.#seconds = seconds;
    this.#signal = signal;
    this.#work = this.#run();
  }

  take(): void {/* it has nothing to be told */}

  async #run(): Promise<void> {
    tell({ event: "publishing", host: this.#host, source: this.#source.name });
    const finished = new AbortController();
    const reports = this.#report(AbortSignal.any([this.#signal, finished.signal]));
    await Promise.all([this.#publish(), this.#callEachSecond()]);
    finished.abort();
    await reports;
    if (this.#signal.aborted) return;
    await this.#node.flush();
    const peers = (await this.#node.peers()).map(({ peer }) => peer);
    tell({ event: "done", peers, ...this.#figures() });
  }

  async #publish(): Promise<void> {
    const count = Math.round(this.#seconds * 1_000 / READING_PERIOD_MS);
    // The first is due after a period: shares and rates are worked out between two readings.
    const rhythm = { periodMs: READING_PERIOD_MS, firstMs: READING_PERIOD_MS, count };
    for await (const _ of ticks(rhythm, this.#signal)) {
      for (const { metric, value, unit } of this.#source.read()) {
        const topic = `iot/sensor/${this.#host}/${metric}`;
        await this.#node.publish(topic, { value, unit });
        this.#published[topic] = (this.#published[topic] ?? 0) + 1;
      }
    }
  }

  async #callEachSecond(): Promise<void> {
    const count = Math.round(this.#seconds * 1_000 / CALL_PERIOD_MS);
    const rhythm = { periodMs: CALL_PERIOD_MS, firstMs: FIRST_CALL_MS, count };
    for await (const _ of ticks(rhythm, this.#signal)) {
      try {
        await this.#call();
      } catch (error) {
        this.#times.failed();
        this.#errors.push(String(error));
      }
    }
  }

  async #call(): Promise<void> {
    const options = { deadlineMs: CALL_DEADLINE_MS, signal: this.#signal };
    const begun = performance.now();
    const received = receivedOf(await this.#node.call(PROCEDURE, [], options));
    const took = performance.now() - begun;
    if (received < this.#known) {
      throw new RangeError(`${PROCEDURE} knew of ${this.#known} readings, and now of ${received}`);
    }
    this.#known = received;
    this.#times.succeeded(took);
  }

  async #report(signal: AbortSignal): Promise<void> {
    for await (const _ of ticks({ periodMs: REPORT_PERIOD_MS }, signal)) {
      tell({ event: "progress", ...this.#figures() });
    }
  }

  #figures(): SensorFigures {
    return { published: this.#published, rpc: this.#times.figures, errors: this.#errors };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#work;
  }
}

/** A host's name as a segment of a topic. */
function segment(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "") || "unnamed";
}

/** @throws {TypeError} when the reply is no summary */
function receivedOf(reply: unknown): number {
  const received = (reply as { received?: unknown } | null)?.received;
  if (typeof received !== "number") {
    throw new TypeError(`${PROCEDURE} replied ${Deno.inspect(reply)}: that is no summary`);
  }
  return received;
}

function tell(line: SensorLine): void {
  say(line);
}

if (import.meta.main) {
  const [data = "", seconds = ""] = Deno.args;
  await runChildNode(data, (node, signal) => new Sensor(node, Number(seconds), signal));
}
