/**
 * The second node: it subscribes to the readings, keeps their statistics and serves the summary.
 *
 * @module
 */
import type { HandlersOf, MaculaNode, Ref } from "@macula/mesh";
import { childArguments, type Job, peersOf, runChildNode } from "./child_node.ts";
import { ARRIVAL_DEADLINE_MS, REPORT_PERIOD_MS, STATISTICS } from "./constants.ts";
import { say } from "./lines.ts";
import type { Command, StationFigures, StationLine } from "./protocol.ts";
import statistics from "./statistics.ts";
import { ticks } from "./ticks.ts";

class Station implements Job {
  readonly #node: MaculaNode;
  readonly #statistics: Ref<HandlersOf<typeof statistics>>;
  readonly #finishing = new AbortController();
  #work: Promise<void>;

  private constructor(
    node: MaculaNode,
    actor: Ref<HandlersOf<typeof statistics>>,
    signal: AbortSignal,
  ) {
    this.#node = node;
    this.#statistics = actor;
    this.#work = this.#report(AbortSignal.any([signal, this.#finishing.signal]));
  }

  /** Starts the statistics: afresh, or with what a former process on the same data folder saved. */
  static async start(node: MaculaNode, signal: AbortSignal): Promise<Station> {
    const actor = await node.spawn(statistics, {
      args: [node.id],
      name: STATISTICS,
      persist: true,
    });
    return new Station(node, actor, signal);
  }

  take(command: Command): void {
    if (command.do === "crash") this.#statistics.tell.fail();
    if (command.do !== "finish" || !("published" in command)) return;
    this.#finishing.abort();
    this.#work = this.#work.then(() => this.#finish(command.published));
  }

  async #report(signal: AbortSignal): Promise<void> {
    for await (const _ of ticks({ periodMs: REPORT_PERIOD_MS }, signal)) {
      tell({ event: "statistics", ...await this.#figures() });
    }
  }

  async #finish(published: number): Promise<void> {
    const statistics = this.#statistics.with({ deadlineMs: ARRIVAL_DEADLINE_MS });
    // If it is not there in time, the figures say what is missing: that is for the verdict.
    await statistics.ask.reached(published).catch(() => {});
    tell({ event: "done", peers: await peersOf(this.#node), ...await this.#figures() });
  }

  async #figures(): Promise<StationFigures> {
    const [summary, actors] = await Promise.all([
      this.#statistics.ask.summary(),
      this.#node.actors(),
    ]);
    const own = actors.find(({ path }) => path.endsWith(`/${STATISTICS}`));
    if (!own) throw new Error(`the node does not list its actor "${STATISTICS}"`);
    return { summary, restarts: own.restarts };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#work;
  }
}

function tell(line: StationLine): void {
  say(line);
}

if (import.meta.main) {
  const realms = ["iot", "lob"];
  const begin = (node: MaculaNode, signal: AbortSignal) => Station.start(node, signal);
  await runChildNode(childArguments(Deno.args), realms, begin);
}
