import type { Command } from "commander";
import { join } from "node:path";
import { IdentityError } from "../mod.ts";
import { createIdentity, loadIdentity, saveIdentity } from "../security/mod.ts";
import type { Context } from "./context.ts";
import { EXIT } from "./exit_codes.ts";
import { Failure } from "./failure.ts";
import { examples } from "./help.ts";
import { DEFAULT_DATA } from "./options.ts";

/** Options of `macula init`. */
export interface InitOptions {
  /** The data folder; made where it is missing. */
  readonly data: string;
}

/** Adds `macula init`. */
export function addInit(program: Command, context: Context): void {
  program.command("init")
    .summary("make the identity of a node")
    .description("Makes the identity of a node: its keys, and the id that stays when they change.")
    .option("--data <dir>", "data folder, made where it is missing", DEFAULT_DATA)
    .addHelpText("after", examples("macula init", "macula init --data /var/lib/macula"))
    .action((options: InitOptions) => init(options, context));
}

/**
 * `macula init`: makes the identity of a node.
 *
 * @throws {Failure} `exists` when there is one already; it is left as it is
 * @throws {IdentityError} when it cannot be written, or what is there cannot be read
 */
export async function init({ data }: InitOptions, { output }: Context): Promise<void> {
  const identity = createIdentity();
  try {
    await saveIdentity(data, identity);
  } catch (error) {
    if (!(error instanceof IdentityError) || error.code !== "exists") throw error;
    const { nodeId } = await loadIdentity(data);
    throw new Failure(
      EXIT.failed,
      "exists",
      `${data} has an identity already, ${nodeId}, which stays as it is: start its node with ` +
        `\`macula node --data ${data}\`, or choose another folder with --data`,
      { cause: error },
    );
  }
  const { nodeId } = identity;
  const home = join(data, "identity");
  const recovery = join(home, "recovery.key");
  const next = join(home, "next.key");
  void output.event({ event: "created", nodeId, data, identity: home, offline: [recovery, next] });
  void output.line("node id  ", ["bold", nodeId]);
  void output.line("keys in  ", home);
  void output.line();
  void output.line("Move these two to a place offline; the node runs without them:");
  void output.line(`  ${recovery}  takes the identity back when its key is stolen`);
  void output.line(`  ${next}  is the key that follows the present one`);
  void output.line("Back up the rest: without it the id is lost.");
  void output.line();
  void output.line("Start the node with");
  void output.line(`  macula node --data ${data}`);
}
