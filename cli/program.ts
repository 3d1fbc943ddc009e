import { Command, CommanderError } from "commander";
import { call, type CallCommandOptions } from "./call.ts";
import { type Context, openContext, type Shell } from "./context.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";
import { Failure, toFailure } from "./failure.ts";
import { init, type InitOptions } from "./init.ts";
import { type NodeCommandOptions, runNode } from "./node.ts";
import { INFO_PROCEDURE, PEERS_TOPIC } from "./node_services.ts";
import {
  allowOptions,
  connectOption,
  connectOptions,
  countOption,
  listenOption,
  networkOption,
  openOption,
  timeoutOption,
  visitorDataOption,
  visitorOpenOption,
} from "./options.ts";
import { pub, type PubOptions } from "./pub.ts";
import { sub, type SubOptions } from "./sub.ts";
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
  try {
    await makeProgram(context).parseAsync(args, { from: "user" });
  } catch (error) {
    // Help and version end the parsing by an error of code 0.
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    if (error instanceof CommanderError && error.code === "commander.help") return EXIT.wrongUse;
    const failure = toFailure(error);
    output.failure(error instanceof CommanderError ? withHint(failure, args) : failure);
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
function withHint({ exit, code, message, cause }: Failure, args: readonly string[]): Failure {
  const command = args.find((arg) => COMMANDS.has(arg));
  const help = command === undefined ? "macula --help" : `macula ${command} --help`;
  return new Failure(exit, code, `${message}; see \`${help}\``, { cause });
}

const COMMANDS: ReadonlySet<string> = new Set(["init", "node", "pub", "sub", "call"]);

const NO_FURTHER =
  "A publication or a call reaches the nodes that are directly connected, and goes " +
  "no further: this command deals with what runs on the node that it connects to.";

const JSON_FORM = `JSON has no bytes, bigints and dates; they are written {"$bytes":"<base64>"},
{"$bigint":"<digits>"} and {"$date":"<ISO 8601>"}, in both directions.`;

const EXIT_CODES = `Exit codes: 0 done, 1 failed, 2 wrong use, 3 refused by policy, 4 timed out.
Errors are one sentence on stderr; with --json also {"event":"error","code","message"} on stdout.`;

/** Width of help texts, in characters, wherever they are shown. */
const HELP_COLUMNS = 100;

/** An address, in examples. */
const A = "macula://b…@192.0.2.7:4433";

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
  addInit(program, context);
  addNode(program, context);
  addPub(program, context);
  addSub(program, context);
  addCall(program, context);
  return program;
}

function addInit(program: Command, context: Context): void {
  program.command("init")
    .summary("make the identity of a node")
    .description("Makes the identity of a node: its keys, and the id that stays when they change.")
    .option("--data <dir>", "data folder, made where it is missing", "./data")
    .addHelpText("after", examples("macula init", "macula init --data /var/lib/macula"))
    .action((options: InitOptions) => init(options, context));
}

function addNode(program: Command, context: Context): void {
  program.command("node")
    .summary("run a node until Ctrl-C")
    .description(
      "Runs a node until Ctrl-C (twice: at once). It works alone, and keeps dialling the nodes it is " +
        `to connect to. It serves the procedure ${INFO_PROCEDURE}, and publishes the number of its ` +
        `peers on ${PEERS_TOPIC}.`,
    )
    .option("--config <file>", "configuration file (YAML); options count before it")
    .option("--data <dir>", "data folder (default: none, and a new id at every start)")
    .addOption(listenOption("where to listen (default: a free port of 127.0.0.1)"))
    .addOption(connectOptions("a node to stay connected to"))
    .addOption(allowOptions())
    .addOption(networkOption())
    .addOption(openOption())
    .addHelpText(
      "after",
      `
With --json the first line is {"event":"ready","nodeId","listen","address","addresses"}, then
everything that happens, and the last {"event":"stopped"}.
${
        examples(
          "macula node --data ./data --listen 127.0.0.1:4433",
          `macula node --connect ${A} --listen 0.0.0.0:0 --open --allow b…`,
        )
      }`,
    )
    .action((options: NodeCommandOptions) => runNode(options, context));
}

function addPub(program: Command, context: Context): void {
  program.command("pub")
    .summary("publish on a topic")
    .description(`Publishes on a topic.\n\n${NO_FURTHER}`)
    .argument("<topic>", "<realm>/<segment>/…")
    .argument("<payload>", "JSON, or text if that does not parse; - for stdin, a line each")
    .addOption(connectOption())
    .option("--raw", "take payloads as text, even if they are JSON; keep empty lines of stdin")
    .addOption(timeoutOption("how long to wait for the node, and for its acknowledgement"))
    .addOption(visitorDataOption())
    .addOption(networkOption())
    .addOption(visitorOpenOption())
    .addHelpText(
      "after",
      `
${JSON_FORM}
With --json it prints {"event":"published","topic","publications","peers","sent","unknown"}: how many
to how many connected nodes, how many copies those that subscribe were sent, and how many of these
went to nodes that left before they acknowledged.
${
        examples(
          `macula pub iot/sensor/hall '{"celsius":19.5}' --connect ${A}`,
          `tail -f readings.jsonl | macula pub iot/sensor/hall - --connect ${A}`,
        )
      }`,
    )
    .action((topic: string, payload: string, options: PubOptions) =>
      pub(topic, payload, options, context)
    );
}

function addSub(program: Command, context: Context): void {
  program.command("sub")
    .summary("print what is published")
    .description(
      `Prints publications that match a pattern, until Ctrl-C. Quote the pattern: * is one segment, ` +
        `** at its end one or more.\n\n${NO_FURTHER} With --listen, nodes connect to it, and it ` +
        `prints what they publish.`,
    )
    .argument("<pattern>", "<realm>/<segment or *>/…, or …/**")
    .addOption(connectOptions("a node whose publications to print"))
    .addOption(listenOption("where publishers connect to this command"))
    .addOption(allowOptions())
    .addOption(countOption("end after so many publications"))
    .addOption(timeoutOption("how long to wait for the first connection"))
    .addOption(visitorDataOption())
    .addOption(networkOption())
    .addOption(visitorOpenOption())
    .addHelpText(
      "after",
      `
${JSON_FORM}
With --json a publication is {"event":"publication","topic","payload","publisher","incarnation",
"sequence"}; the first line is {"event":"ready",…}, and connections come and go between.
${
        examples(
          `macula sub '${PEERS_TOPIC}' --connect ${A}`,
          `macula sub 'iot/**' --listen 127.0.0.1:4434    # then: macula pub … --connect <its address>`,
          `macula sub 'iot/sensor/*' --connect ${A} --json --count 10`,
        )
      }`,
    )
    .action((pattern: string, options: SubOptions) => sub(pattern, options, context));
}

function addCall(program: Command, context: Context): void {
  program.command("call")
    .summary("call a procedure")
    .description(`Calls a procedure, and prints what it returns.\n\n${NO_FURTHER}`)
    .argument("<procedure>", "<realm>/<segment>/…")
    .argument("[args...]", "each JSON, or text if that does not parse")
    .addOption(connectOption())
    .addOption(timeoutOption("how long to wait in all"))
    .addOption(visitorDataOption())
    .addOption(networkOption())
    .addOption(visitorOpenOption())
    .addHelpText(
      "after",
      `
${JSON_FORM}
With --json it prints {"event":"result","result"}; a procedure that returns nothing has no "result".
${
        examples(
          `macula call ${INFO_PROCEDURE} --connect ${A}`,
          `macula call lob/math/add 40 2 --connect ${A}`,
        )
      }`,
    )
    .action((procedure: string, args: readonly string[], options: CallCommandOptions) =>
      call(procedure, args, options, context)
    );
}

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}
