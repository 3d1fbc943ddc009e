import { Option } from "commander";
import { parseNodeId, parseRealmAlias } from "../security/mod.ts";
import { type NodeAddress, parseListen } from "../transport/mod.ts";
import { parseDuration } from "./duration.ts";
import { wrongUse } from "./failure.ts";
import { readDialAddress } from "./places.ts";

/** Data folder of a node unless it is named. */
export const DEFAULT_DATA = "./data";

/** How long a command waits unless it is told, in milliseconds. */
const DEFAULT_TIMEOUT_MS = 5_000;

/** Makes what a reader throws the failure of whoever wrote the option. */
function reading<T>(flag: string, read: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return read(text);
    } catch (error) {
      throw wrongUse(`${flag}: ${(error as Error).message}`);
    }
  };
}

/** The same for an option that may be given several times. */
function gathering<T>(
  flag: string,
  read: (text: string) => T,
): (text: string, former: readonly T[] | undefined) => readonly T[] {
  const one = reading(flag, read);
  return (text, former = []) => [...former, one(text)];
}

function checked(read: (text: string) => unknown): (text: string) => string {
  return (text) => {
    read(text);
    return text;
  };
}

/** `--bootstrap ADDRESS`, as often as wanted. */
export function bootstrapOption(what: string): Option {
  return new Option("--bootstrap <address>", `${what}; may be given several times`)
    .argParser<readonly NodeAddress[]>(gathering("--bootstrap", readDialAddress));
}

/** The options with which a command finds its node: `ReachOptions` in `reach.ts`. */
export function reachOptions(): readonly Option[] {
  return [
    new Option(
      "--data <dir>",
      `data folder of the node to ask (default: "${DEFAULT_DATA}"); with --bootstrap, of the ` +
        `identity to use (default: a new one, forgotten at the end)`,
    ),
    bootstrapOption(
      "runs as a short-lived node of its own, which meets others by the node at this " +
        "macula://<id>@<host>:<port>",
    ),
    new Option("--policies <file>", "with --bootstrap: policy file (YAML) of the short-lived node"),
    new Option("--network <name>", `with --bootstrap: name of the network (default: "macula")`),
    new Option(
      "--open",
      "with --bootstrap: deals with other nodes than that one on other machines, too, though there " +
        "are no grants yet",
    ),
  ];
}

/**
 * The options with which a command finds the node that runs on a data folder, where a short-lived
 * one would have nothing to show.
 */
export function ownNodeOptions(what: string): readonly Option[] {
  const refuse = () => {
    throw wrongUse(`${what} is about a node that runs here: name its folder with --data`);
  };
  return [
    new Option("--data <dir>", "data folder of the node to ask").default(DEFAULT_DATA),
    new Option("--bootstrap <address>").argParser(refuse).hideHelp(),
  ];
}

/** `--listen HOST:PORT`. */
export function listenOption(what: string): Option {
  return new Option("--listen <host:port>", what)
    .argParser<string>(reading("--listen", checked(parseListen)));
}

/** `--allow ID`, as often as wanted. */
export function allowOptions(): Option {
  return new Option(
    "--allow <id>",
    "lets in this node only; may be given several times (default: every node that proves its id)",
  ).argParser<readonly string[]>(gathering("--allow", checked(parseNodeId)));
}

/** `--timeout DURATION`. */
export function timeoutOption(what: string): Option {
  return new Option("--timeout <duration>", what)
    .default(DEFAULT_TIMEOUT_MS, "5s")
    .argParser<number>(reading("--timeout", parseDuration));
}

/** An option that takes a whole number, 1 or more, and is called a count in errors. */
export function countOption(flags: string, what: string): Option {
  const flag = flags.split(" ")[0] ?? flags;
  return new Option(flags, what).argParser<number>(reading(flag, (text) => wholeNumber(text, 1)));
}

/** `--expected SEQUENCE`. */
export function expectedOption(): Option {
  return new Option(
    "--expected <sequence>",
    "puts only if that is the sequence of the present record, 0 for none",
  ).argParser<number>(reading("--expected", (text) => wholeNumber(text, 0)));
}

/** `--owner ID`. */
export function ownerOption(): Option {
  return new Option("--owner <id>", "whose record (default: that of the node that is asked)")
    .argParser<string>(reading("--owner", checked(parseNodeId)));
}

/** `--realm ALIAS`, as often as wanted. */
export function realmOptions(): Option {
  return new Option(
    "--realm <name>",
    "takes part in this realm only; may be given several times (default: in every one)",
  ).argParser<readonly string[]>(gathering("--realm", parseRealmAlias));
}

function wholeNumber(text: string, least: number): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= least && Number.isSafeInteger(count)) return count;
  throw new SyntaxError(
    `${JSON.stringify(text)} is no count: write a whole number, ${least} or more`,
  );
}
