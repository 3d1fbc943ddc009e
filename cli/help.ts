import type { Command } from "commander";

/** An address, in examples. */
export const A = "macula://b…@192.0.2.7:4433";

/** What every command with payloads says of them. */
export const JSON_FORM =
  `JSON has no bytes, bigints and dates; they are written {"$bytes":"<base64>"},
{"$bigint":"<digits>"} and {"$date":"<ISO 8601>"}, in both directions.`;

/** What every command says that may be a node of its own. */
export const EITHER_NODE =
  "It asks the node that runs on the data folder or, with --bootstrap, is a short-lived node itself, " +
  "which finds others in the DHT.";

/** Exit codes, and the form of errors. */
export const EXIT_CODES =
  `Exit codes: 0 done, 1 failed, 2 wrong use, 3 refused by policy, 4 timed out.
Errors are one sentence on stderr; with --json also {"event":"error","code","message"} on stdout.`;

/** The examples at the end of a command's help. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}

/**
 * The command line that shows the help of what was meant.
 *
 * @param program all commands
 * @param args the command line, as far as it is right
 */
export function helpCommand(program: Command, args: readonly string[]): string {
  const words = ["macula"];
  let command = program;
  for (const arg of args) {
    const next = command.commands.find((one) => one.name() === arg);
    if (!next) continue;
    words.push(arg);
    command = next;
  }
  return [...words, "--help"].join(" ");
}
