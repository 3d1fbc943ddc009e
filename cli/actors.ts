import { type Command, Option } from "commander";
import { runningIn } from "../actors/mod.ts";
import type { ActorInfo, ShardStatus, SystemStatus } from "../mod.ts";
import { type ActorTree, actorTrees, sortedTrees, treeLines } from "./actor_tree.ts";
import type { Context } from "./context.ts";
import { showDuration } from "./duration.ts";
import { counted } from "./event_words.ts";
import { examples } from "./help.ts";
import { ownNodeOptions, timeoutOption } from "./options.ts";
import type { Output, Part } from "./output.ts";
import { reachNode } from "./reach.ts";
import type { OwnNodeOptions } from "./status.ts";
import { printTable } from "./table.ts";

/** By what actors can be sorted. */
const MEASURES: { readonly [word: string]: (actor: ActorInfo) => number } = {
  busy: ({ busyMs }) => busyMs,
  queued: ({ queued }) => queued,
  handled: ({ handled }) => handled,
};

/** Options of `macula actors`. */
export interface ActorsOptions extends OwnNodeOptions {
  /** One of {@link MEASURES}. */
  readonly sort?: string;
}

/** Adds `macula actors`. */
export function addActors(program: Command, context: Context): void {
  const command = program.command("actors")
    .summary("show the tree of a node's actors")
    .description(
      "Shows the shards of the node that runs on a data folder, and every actor under the one that " +
        "supervises it: in which shard it lives, how many messages it has handled and how many wait, " +
        "how long it was busy (an estimate), how often it was restarted, how many messages to it " +
        "became dead letters, and its state if that is not running. A shard that does not answer is " +
        "shown as it was, with who is running in it.",
    );
  for (const option of ownNodeOptions("actors")) command.addOption(option);
  command.addOption(timeoutOption("how long to wait for the node"))
    .addOption(
      new Option("--sort <by>", "first those that have most, with all below them")
        .choices(Object.keys(MEASURES)),
    )
    .addHelpText(
      "after",
      `
With --json it prints {"event":"process","rssBytes"}; {"event":"shard","name","shard","state",
"restarts","turns","turnsPerSecond","vitals","stuck"}, a line each; and {"event":"actor","path","shard",
"slot","state","queued","stashed","handled","restarts","deadLetters","busyMs"}, a line each.
${examples("macula actors", "macula actors --sort busy", "macula actors --json")}`,
    )
    .action((options: ActorsOptions) => actors(options, context));
}

/**
 * `macula actors`: shows the actors of the node that runs on a data folder.
 *
 * @throws {Failure} when none does, or it does not answer
 */
export async function actors(options: ActorsOptions, context: Context): Promise<void> {
  const { output, ending } = context;
  await using reached = await reachNode(options, context);
  const { node } = reached;
  const [system, all] = await ending.interrupts(Promise.all([node.shards(), node.actors()]));
  showActors(node.id, system, all, options.sort, output);
}

/** Prints what a node's shards and actors do. */
export function showActors(
  id: string,
  system: SystemStatus,
  all: readonly ActorInfo[],
  sort: string | undefined,
  output: Output,
): void {
  const measure = sort === undefined ? undefined : MEASURES[sort];
  const actors = measure ? all.toSorted((a, b) => measure(b) - measure(a)) : all;
  void output.event({ event: "process", rssBytes: system.rssBytes });
  for (const shard of system.shards) void output.event({ event: "shard", ...shard });
  for (const actor of actors) void output.event({ event: "actor", ...actor });
  if (output.json) return;

  const memory = `${megabytes(system.rssBytes)} MB of memory`;
  void output.line(["bold", id], `  ${counted(all.length, "actor")}, ${memory}`);
  void output.line();
  printShards(system, output);
  void output.line();
  // The root of the tree has no name: it is the node, whose line is printed.
  const trees = actorTrees(all.filter(({ path }) => path !== ""));
  printActors(measure ? sortedTrees(trees, measure) : trees, system, output);
}

function printShards({ shards }: SystemStatus, output: Output): void {
  const rows = shards.map(({ name, state, restarts, turnsPerSecond, vitals }): Part[] => [
    name,
    state === "running" ? state : ["yellow", state],
    vitals ? vitals.actors.toLocaleString("en") : "",
    turnsPerSecond.toLocaleString("en"),
    vitals ? showDuration(vitals.busyMs) : "",
    vitals ? `${megabytes(vitals.heapUsedBytes)} MB` : "",
    vitals ? `${megabytes(vitals.heapTotalBytes)} MB` : "",
    some(restarts),
  ]);
  const head = ["shard", "state", "actors", "turns/s", "busy", "heap used", "of", "restarts"];
  printTable(output, head, rows);
  for (const { name, stuck } of shards) {
    if (!stuck) continue;
    const words = ` has not answered for ${showDuration(stuck.forMs)}: ${runningIn(stuck)}`;
    void output.line(["yellow", name], words);
  }
}

function printActors(trees: readonly ActorTree[], { shards }: SystemStatus, output: Output): void {
  const byNumber = new Map(shards.map((status) => [status.shard, status]));
  const rows = [...treeLines(trees)].map(([branches, { label, actor }]): Part[] => [
    branches + label,
    byNumber.get(actor.shard)?.name ?? String(actor.shard),
    actor.handled.toLocaleString("en"),
    some(actor.queued),
    actor.busyMs >= 1 ? showDuration(actor.busyMs) : "",
    some(actor.restarts),
    some(actor.deadLetters),
    ["yellow", trouble(actor, byNumber.get(actor.shard))],
  ]);
  printTable(
    output,
    ["actor", "shard", "handled", "queued", "busy", "restarts", "dead letters", ""],
    rows,
  );
}

/** What is not as it should be with an actor, in a word. */
function trouble({ state }: ActorInfo, shard: ShardStatus | undefined): string {
  if (state === "stuck") return "stuck: its turn does not end";
  if (shard?.state === "stuck") return "its shard is stuck";
  return state === "running" ? "" : state;
}

/** A number that is left out when it is 0, so that the others are seen. */
function some(count: number): string {
  return count > 0 ? count.toLocaleString("en") : "";
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toLocaleString("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
}
