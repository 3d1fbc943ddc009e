import { MaculaNode, type NodeConfig, type NodeEvent } from "../mod.ts";
import { readConfig } from "../mesh/mod.ts";
import {
  formatNodeAddress,
  isLoopback,
  type NodeAddress,
  parseListen,
  parseNodeAddress,
} from "../transport/mod.ts";
import type { Context } from "./context.ts";
import { crashTeller } from "./crash_words.ts";
import { eventTeller } from "./event_words.ts";
import { EXIT } from "./exit_codes.ts";
import { Failure } from "./failure.ts";
import { INFO_PROCEDURE, NodeServices } from "./node_services.ts";
import type { Output } from "./output.ts";
import { checkAllowed, warnOfOpenness } from "./openness.ts";
import { checkReach, dialableAddresses, placeOf, readDialAddress } from "./places.ts";
import { VERSION } from "./version.ts";

/** Options of `macula node`, which count before those of the configuration file. */
export interface NodeCommandOptions {
  readonly config?: string;
  readonly data?: string;
  readonly listen?: string;
  readonly connect?: readonly NodeAddress[];
  readonly allow?: readonly string[];
  readonly network?: string;
  readonly open?: true;
}

const DEFAULT_NETWORK = "macula";
const DEFAULT_LISTEN = "127.0.0.1:0";
const OPEN_ADVICE = "Limit it with --allow ID, or stay on 127.0.0.1 and leave --open out";

/**
 * `macula node`: runs a node until it is told to stop.
 *
 * @throws {Failure} when the options contradict each other, or the node fails as a whole
 * @throws {Error} as {@linkcode MaculaNode.start} does
 */
export async function runNode(options: NodeCommandOptions, context: Context): Promise<void> {
  const { output, ending } = context;
  const { config, targets } = await settle(options);
  // What happens before the node has said who it is, is told after that.
  const early: NodeEvent[] = [];
  let onEvent = (event: NodeEvent): void => void early.push(event);
  await using node = await MaculaNode.start({
    ...config,
    onCrash: crashTeller(output),
    onEvent: (event) => onEvent(event),
  });
  const about = { version: VERSION, network: config.network ?? DEFAULT_NETWORK };
  const services = await NodeServices.start(node, about, () => performance.now());
  greet(node, config, output);
  const { open, listen = DEFAULT_LISTEN, allow } = config;
  if (open) warnOfOpenness(output, listen, allow, OPEN_ADVICE);
  const tell = eventTeller("line", output, targets);
  onEvent = (event) => {
    tell(event);
    void services.peersChanged();
  };
  for (const event of early) onEvent(event);

  const failed = await Promise.race([node.failed, ending.came.then(() => undefined)]);
  if (failed) {
    throw new Failure(EXIT.failed, "node-failed", `the node has failed: ${failed.message}`);
  }
  if (ending.cause === "signal") void output.note("stopping; once more to end at once");
  await node.stop();
  void output.event({ event: "stopped" });
}

/** The options over the configuration file, checked as far as the node itself does not. */
async function settle(
  options: NodeCommandOptions,
): Promise<{ config: NodeConfig; targets: readonly NodeAddress[] }> {
  const { config: path, connect, ...given } = options;
  const file = path === undefined ? {} : await readConfig(path);
  const targets = connect ?? file.bootstrap?.map(readDialAddress) ?? [];
  const config = {
    // Nothing that a user wrote runs in this node: it needs no shard for it.
    shards: 0,
    ...file,
    ...given,
    bootstrap: targets.map(formatNodeAddress),
  };
  checkAllowed(config.allow, targets);
  checkReach(parseListen(config.listen ?? DEFAULT_LISTEN).host, targets);
  return { config, targets };
}

function greet(node: MaculaNode, config: NodeConfig, output: Output): void {
  const addresses = dialableAddresses(node.address, Deno.networkInterfaces());
  const [address = node.address] = addresses;
  const listen = [placeOf(parseNodeAddress(node.address))];
  void output.event({ event: "ready", nodeId: node.id, listen, address, addresses });
  void output.line("node     ", ["bold", node.id]);
  for (const one of addresses) void output.line("address  ", ["bold", one]);
  const kept = config.data ?? "none: this id is gone when the node stops; --data DIR keeps one";
  void output.line("data     ", kept);
  void output.line();
  // Beyond loopback the commands keep to themselves unless they are told --open.
  const near = addresses.find((one) => isLoopback(parseNodeAddress(one).host)) ?? address;
  void output.line("Try in another terminal:");
  void output.line(`  macula call ${INFO_PROCEDURE} --connect ${near}`);
  void output.line(`  macula sub 'iot/**' --connect ${near}`);
  void output.line(`  macula pub iot/hello '{"celsius":19.5}' --connect ${near}`);
  void output.line();
}
