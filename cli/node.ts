import type { Command } from "commander";
import { MaculaNode, type NodeConfig, type NodeEvent } from "../mod.ts";
import { readConfig } from "../mesh/mod.ts";
import { formatNodeAddress, type NodeAddress, parseListen } from "../transport/mod.ts";
import type { Context } from "./context.ts";
import { type Control, openControl } from "./control.ts";
import { controlPlatform } from "./control_listener.ts";
import { crashTeller } from "./crash_words.ts";
import { claimData } from "./data_lock.ts";
import { eventTeller } from "./event_words.ts";
import { EXIT } from "./exit_codes.ts";
import { Failure, toFailure } from "./failure.ts";
import { A, examples } from "./help.ts";
import { localNode } from "./local_node.ts";
import { greet } from "./node_greeting.ts";
import { INFO_PROCEDURE, NodeServices, OWN_REALM, PEERS_TOPIC } from "./node_services.ts";
import { checkAllowed, warnOfOpenness } from "./openness.ts";
import {
  allowOptions,
  bootstrapOption,
  DEFAULT_DATA,
  listenOption,
  realmOptions,
} from "./options.ts";
import { checkReach, readDialAddress } from "./places.ts";
import { VERSION } from "./version.ts";

/** Options of `macula node`, which count before those of the configuration file. */
export interface NodeCommandOptions {
  readonly config?: string;
  /** The folder; `false` for a node that keeps nothing. */
  readonly data?: string | false;
  readonly listen?: string;
  readonly bootstrap?: readonly NodeAddress[];
  readonly policies?: string;
  readonly realm?: readonly string[];
  readonly allow?: readonly string[];
  readonly network?: string;
  readonly open?: true;
}

const DEFAULT_NETWORK = "macula";
const DEFAULT_LISTEN = "127.0.0.1:0";
const OPEN_ADVICE = "Limit it with --allow ID, or stay on 127.0.0.1 and leave --open out";

/** Adds `macula node`. */
export function addNode(program: Command, context: Context): void {
  program.command("node")
    .summary("run a node until Ctrl-C")
    .description(
      "Runs a node until Ctrl-C (twice: at once). Its data folder has its identity and a control " +
        "socket, by which the other commands ask it; one node at a time has the folder. It keeps " +
        "dialling the nodes by which it is to meet others, and works alone until they answer. At " +
        `SIGHUP it reads its policies again. It serves the procedure ${INFO_PROCEDURE}, and publishes ` +
        `the number of its peers on ${PEERS_TOPIC}.`,
    )
    .option("--config <file>", "configuration file (YAML); options count before it")
    .option("--data <dir>", `data folder, made where it is missing (default: "${DEFAULT_DATA}")`)
    .option("--no-data", "keeps nothing: a new id at every start, and no control socket")
    .addOption(listenOption("where to listen (default: a free port of 127.0.0.1)"))
    .addOption(bootstrapOption("a node by which to meet others, and to stay connected to"))
    .option("--policies <file>", "policy file (YAML)")
    .addOption(realmOptions())
    .addOption(allowOptions())
    .option("--network <name>", `name of the network (default: "${DEFAULT_NETWORK}")`)
    .option(
      "--open",
      "allows listening on other than loopback addresses, though there are no grants yet",
    )
    .addHelpText(
      "after",
      `
With --json the first line is {"event":"ready","nodeId","listen","address","addresses","control"},
then everything that happens, and the last {"event":"stopped"}.
${
        examples(
          "macula node --data ./data --listen 127.0.0.1:4433 --policies policies.yaml",
          `macula node --bootstrap ${A} --listen 0.0.0.0:0 --open --allow b…`,
        )
      }`,
    )
    .action((options: NodeCommandOptions) => runNode(options, context));
}

/**
 * `macula node`: runs a node until it is told to stop.
 *
 * @throws {Failure} when the options contradict each other, another node has the data folder, or the
 * node fails as a whole
 * @throws {Error} as {@linkcode MaculaNode.start} does
 */
export async function runNode(options: NodeCommandOptions, context: Context): Promise<void> {
  const { output, ending } = context;
  const { config, targets } = await settle(options);
  using _claim = config.data === undefined ? undefined : await claimData(config.data);
  // What happens before the node has said who it is, is told after that.
  const early: NodeEvent[] = [];
  let onEvent = (event: NodeEvent): void => void early.push(event);
  await using node = await MaculaNode.start({
    ...config,
    onCrash: crashTeller(output),
    onEvent: (event) => onEvent(event),
  });
  await using control = await openControlOf(node, config.data);
  const services = await offer(node, config);
  using _reloading = context.onReload(() => void reload(node, config, context));
  greet(node, config.data, control?.place, output);
  const { open, listen = DEFAULT_LISTEN, allow } = config;
  if (open) warnOfOpenness(output, listen, allow, OPEN_ADVICE);
  const tell = eventTeller("line", output, targets);
  onEvent = (event) => {
    tell(event);
    void services?.peersChanged();
  };
  for (const event of early) onEvent(event);

  const failed = await Promise.race([node.failed, ending.came.then(() => undefined)]);
  if (failed) {
    throw new Failure(EXIT.failed, "node-failed", `the node has failed: ${failed.message}`);
  }
  if (ending.cause === "signal") void output.note("stopping; once more to end at once");
  await control?.[Symbol.asyncDispose]();
  await node.stop();
  void output.event({ event: "stopped" });
}

/** The options over the configuration file, checked as far as the node itself does not. */
async function settle(
  options: NodeCommandOptions,
): Promise<{ config: NodeConfig; targets: readonly NodeAddress[] }> {
  const { config: path, bootstrap, data, realm, ...given } = options;
  const file = path === undefined ? {} : await readConfig(path);
  const targets = bootstrap ?? file.bootstrap?.map(readDialAddress) ?? [];
  const { data: fileData = DEFAULT_DATA, ...rest } = file;
  const config = {
    // Nothing that a user wrote runs in this node: it needs no shard for it.
    shards: 0,
    ...rest,
    ...given,
    ...(realm && { realms: realm }),
    ...(data !== false && { data: data ?? fileData }),
    bootstrap: targets.map(formatNodeAddress),
  };
  checkAllowed(config.allow, targets);
  checkReach(parseListen(config.listen ?? DEFAULT_LISTEN).host, targets);
  return { config, targets };
}

async function openControlOf(
  node: MaculaNode,
  data: string | undefined,
): Promise<Control | undefined> {
  if (data === undefined) return undefined;
  return await openControl(localNode(node), data, controlPlatform());
}

async function offer(
  node: MaculaNode,
  { network = DEFAULT_NETWORK, realms }: NodeConfig,
): Promise<NodeServices | undefined> {
  if (realms && !realms.includes(OWN_REALM)) return undefined;
  return await NodeServices.start(node, { version: VERSION, network }, () => performance.now());
}

/** Reads the policies again. What is wrong with them is told, and the former ones stay. */
async function reload(
  node: MaculaNode,
  { policies }: NodeConfig,
  { output }: Context,
): Promise<void> {
  try {
    const version = await node.reloadPolicies();
    void output.event({ event: "policies-reloaded", version, file: policies });
    const what = policies === undefined ? "there is no policy file" : `version ${version}`;
    void output.line(["bold", "policies"], ` read again: ${what}`);
  } catch (error) {
    const { code, message } = toFailure(error);
    void output.event({ event: "policies-refused", code, message });
    void output.note(["yellow", "policies"], ` stay as they were: ${message}`);
  }
}
