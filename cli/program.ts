import { Command, CommanderError } from "commander";
import { addActors } from "./actors.ts";
import { addCall } from "./call.ts";
import { type Context, openContext, type Shell } from "./context.ts";
import { addDht } from "./dht.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";
import { Failure, toFailure } from "./failure.ts";
import { EXIT_CODES, helpCommand } from "./help.ts";
import { addInit } from "./init.ts";
import { addNode } from "./node.ts";
import { addPeers } from "./peers.ts";
import { addPolicy } from "./policy.ts";
import { addPub } from "./pub.ts";
import { addServe } from "./serve.ts";
import { addStatus } from "./status.ts";
import { addSub } from "./sub.ts";
import { VERSION } from "./version.ts";

/**
 * Runs one command line.
 *
 * @param args what follows the program's name
 * @param shell the process
 * @returns the exit code
 */
export async function run(args: readonly string[], shell: Shell): Promise<ExitCode> {
  await using context = openContext(shell, args);
  const { output } = context;
  const program = makeProgram(context);
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    // Help and version end the parsing by an error of code 0.
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    if (error instanceof CommanderError && error.code === "commander.help") return EXIT.wrongUse;
    const failure = toFailure(error);
    const misread = error instanceof CommanderError;
    output.failure(misread ? withHint(failure, helpCommand(program, args)) : failure);
    return failure.exit;
  }
  await output.flush();
  const { outputError } = context;
  if (!outputError) return EXIT.done;
  const message = `the output cannot be written: ${outputError.message}`;
  output.failure(new Failure(EXIT.failed, "output", message));
  return EXIT.failed;
}

/** Adds where the right use stands to a failure of the parser. */
function withHint({ exit, code, message, cause }: Failure, help: string): Failure {
  return new Failure(exit, code, `${message}; see \`${help}\``, { cause });
}

/** Width of help texts, in characters, wherever they are shown. */
const HELP_COLUMNS = 100;

function makeProgram(context: Context): Command {
  const { output } = context;
  const program = new Command("macula")
    .description("A node of the Macula Mesh: actors, topics and procedures over QUIC.")
    .version(VERSION)
    .option("--json", "one JSON object a line on stdout, for programs")
    .option("--verbose", "stacks with errors; the same as MACULA_DEBUG=1")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => output.help(text, "stdout"),
      writeErr: (text) => output.help(text, "stderr"),
      getOutHelpWidth: () => HELP_COLUMNS,
      getErrHelpWidth: () => HELP_COLUMNS,
      // Errors are printed by `run`, in the one form that all of them have.
      outputError: () => {},
    })
    .exitOverride()
    .addHelpText("after", `\nTry:\n  macula node\n\n${EXIT_CODES}`);
  const commands = [addInit, addNode, addStatus, addPeers, addActors];
  for (const add of [...commands, addPub, addSub, addCall, addServe, addPolicy, addDht]) {
    add(program, context);
  }
  return program;
}
