/**
 * The third node: it finds in the DHT who serves the summary, and calls for it regularly.
 *
 * @module
 */
import type { MaculaNode } from "@macula/mesh";
import type { Answer, Call } from "./calls.ts";
import { childArguments, type Job, peersOf, runChildNode } from "./child_node.ts";
import {
  CALL_DEADLINE_MS,
  CALL_PERIOD_MS,
  FIRST_CALL_MS,
  PROCEDURE,
  SERVERS,
} from "./constants.ts";
import { findOthers } from "./find.ts";
import { say } from "./lines.ts";
import { reportOf } from "./policy_report.ts";
import type { CallerLine, Command } from "./protocol.ts";
import { ticks } from "./ticks.ts";

class Caller implements Job {
  readonly #node: MaculaNode;
  /** Aborted when the caller is to stop at once. */
  readonly #signal: AbortSignal;
  readonly #begun = Promise.withResolvers<void>();
  readonly #finishing = new AbortController();
  readonly #calls = new Set<Promise<void>>();
  readonly #work: Promise<void>;

  constructor(node: MaculaNode, signal: AbortSignal) {
    this.#node = node;
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#begun.resolve(), { once: true });
    this.#work = this.#run();
  }

  take(command: Command): void {
    if (command.do === "begin") this.#begun.resolve();
    if (command.do === "finish") this.#finishing.abort();
  }

  async #run(): Promise<void> {
    const sought = { kind: "procedure", name: PROCEDURE, record: SERVERS } as const;
    const peers = await findOthers(this.#node, sought, this.#signal);
    tell({ event: "found", name: SERVERS, peers });
    await this.#begun.promise;
    if (this.#signal.aborted) return;
    tell({ event: "calling", policy: reportOf(this.#node.policy(PROCEDURE)) });
    const until = AbortSignal.any([this.#signal, this.#finishing.signal]);
    for await (const _ of ticks({ periodMs: CALL_PERIOD_MS, firstMs: FIRST_CALL_MS }, until)) {
      // Not waited for: a call that nobody answers must not hold up the next.
      const call = this.#call().finally(() => this.#calls.delete(call));
      this.#calls.add(call);
    }
    await Promise.all(this.#calls);
    if (this.#signal.aborted) return;
    tell({ event: "done", peers: await peersOf(this.#node) });
  }

  async #call(): Promise<void> {
    const begun = Date.now();
    let outcome: Call["outcome"];
    try {
      outcome = await this.#answer();
    } catch (error) {
      outcome = { error: String(error) };
    }
    if (!this.#signal.aborted) tell({ event: "call", begun, ended: Date.now(), outcome });
  }

  async #answer(): Promise<Answer> {
    const options = { deadlineMs: CALL_DEADLINE_MS, signal: this.#signal };
    const begun = performance.now();
    const reply = await this.#node.call(PROCEDURE, [], options);
    return { ...answerIn(reply), tookMs: performance.now() - begun };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#work;
  }
}

/** @throws {TypeError} when the reply is no summary */
function answerIn(reply: unknown): { readonly by: string; readonly received: number } {
  const { by, received } = (reply ?? {}) as { by?: unknown; received?: unknown };
  if (typeof by !== "string" || typeof received !== "number") {
    throw new TypeError(`${PROCEDURE} replied ${Deno.inspect(reply)}: that is no summary`);
  }
  return { by, received };
}

function tell(line: CallerLine): void {
  say(line);
}

if (import.meta.main) {
  const realms = ["lob"];
  await runChildNode(childArguments(Deno.args), realms, (node, signal) => new Caller(node, signal));
}
