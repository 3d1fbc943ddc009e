import type { Command } from "commander";
import type { ActorInfo } from "../mod.ts";
import { actorTrees, treeLines } from "./actor_tree.ts";
import type { Context } from "./context.ts";
import { counted } from "./event_words.ts";
import { examples } from "./help.ts";
import { ownNodeOptions, timeoutOption } from "./options.ts";
import { reachNode } from "./reach.ts";
import type { OwnNodeOptions } from "./status.ts";

/** Adds `macula actors`. */
export function addActors(program: Command, context: Context): void {
  const command = program.command("actors")
    .summary("show the tree of a node's actors")
    .description(
      "Shows every actor of the node that runs on a data folder, under the one that supervises it: " +
        "how many messages it has handled and, where there are any, how many wait, how often it was " +
        "restarted, and its state if that is not running.",
    );
  for (const option of ownNodeOptions("actors")) command.addOption(option);
  command.addOption(timeoutOption("how long to wait for the node"))
    .addHelpText(
      "after",
      `
With --json it prints {"event":"actor","path","shard","slot","state","queued","handled","restarts"},
a line each.
${examples("macula actors", "macula actors --json")}`,
    )
    .action((options: OwnNodeOptions) => actors(options, context));
}

/**
 * `macula actors`: shows the actors of the node that runs on a data folder.
 *
 * @throws {Failure} when none does, or it does not answer
 */
export async function actors(options: OwnNodeOptions, context: Context): Promise<void> {
  const { output, ending } = context;
  await using reached = await reachNode(options, context);
  const actors = await ending.interrupts(reached.node.actors());
  for (const actor of actors) void output.event({ event: "actor", ...actor });
  void output.line(["bold", reached.node.id], `  ${counted(actors.length, "actor")}`);
  // The root of the tree has no name: it is the node, whose line is printed.
  const trees = actorTrees(actors.filter(({ path }) => path !== ""));
  for (const [branches, { label, actor }] of treeLines(trees)) {
    const { handled, queued } = actor;
    const load = `  ${handled.toLocaleString("en")} handled${queued > 0 ? `, ${queued} wait` : ""}`;
    void output.line(["dim", branches], label, ["dim", load], ["yellow", trouble(actor)]);
  }
}

function trouble({ state, restarts }: ActorInfo): string {
  return `${restarts > 0 ? `  ${counted(restarts, "restart")}` : ""}${
    state === "running" ? "" : `  ${state}`
  }`;
}
