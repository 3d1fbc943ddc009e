import { Option } from "commander";
import { parseNodeId } from "../security/mod.ts";
import { type NodeAddress, parseListen } from "../transport/mod.ts";
import { parseDuration } from "./duration.ts";
import { wrongUse } from "./failure.ts";
import { readDialAddress } from "./places.ts";

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

/** `--connect ADDRESS`, once. */
export function connectOption(): Option {
  return new Option("--connect <address>", "the node to connect to: macula://<id>@<host>:<port>")
    .argParser<NodeAddress>(reading("--connect", readDialAddress));
}

/** `--connect ADDRESS`, as often as wanted. */
export function connectOptions(what: string): Option {
  return new Option("--connect <address>", `${what}; may be given several times`)
    .argParser<readonly NodeAddress[]>(gathering("--connect", readDialAddress));
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

/** `--network NAME`. */
export function networkOption(): Option {
  return new Option("--network <name>", `name of the network (default: "macula")`);
}

/** `--open`. */
export function openOption(): Option {
  return new Option(
    "--open",
    "allows listening on other than loopback addresses, though there are no grants yet",
  );
}

/** `--open` of a command that is a node for a moment. */
export function visitorOpenOption(): Option {
  return new Option(
    "--open",
    "deals with other nodes than that of --connect on other machines, though there are no grants yet",
  );
}

/** `--data DIR` of a command that is a node for a moment. */
export function visitorDataOption(): Option {
  return new Option(
    "--data <dir>",
    "data folder whose identity to use (default: a new one, forgotten at the end)",
  );
}

/** `--timeout DURATION`. */
export function timeoutOption(what: string): Option {
  return new Option("--timeout <duration>", what)
    .default(DEFAULT_TIMEOUT_MS, "5s")
    .argParser<number>(reading("--timeout", parseDuration));
}

/** `--count N`. */
export function countOption(what: string): Option {
  return new Option("--count <n>", what).argParser<number>(reading("--count", (text) => {
    const count = Number(text);
    if (/^\d+$/.test(text) && count >= 1 && Number.isSafeInteger(count)) return count;
    throw new SyntaxError(`${JSON.stringify(text)} is no count: write a whole number, 1 or more`);
  }));
}
