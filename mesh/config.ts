import { dirname, isAbsolute, join } from "node:path";
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { parseNodeId } from "../security/mod.ts";
import {
  DEFAULT_MAX_FRAME_BYTES,
  MAX_NETWORK_LENGTH,
  parseListen,
  parseNodeAddress,
} from "../transport/mod.ts";

/** What a configuration file says; what it leaves out is `undefined`. */
export interface NodeConfig {
  /** `<host>:<port>`. */
  readonly listen?: string;
  /** Addresses of nodes to stay connected to, `macula://<id>@<host>:<port>`. */
  readonly bootstrap?: readonly string[];
  /** Data folder; relative to the file. */
  readonly data?: string;
  /** Name of the network; nodes of different networks refuse each other. */
  readonly network?: string;
  /** Ids of the only peers that are accepted. */
  readonly allow?: readonly string[];
  /** Listen on other than loopback addresses. */
  readonly open?: boolean;
  /** Largest frame taken or sent, in bytes. */
  readonly maxFrameBytes?: number;
  /** Shards for users' actors. */
  readonly shards?: number;
}

/** A configuration that cannot be used: where, what was found, and what would be right. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";

  /**
   * @param place `file:line:column`, or the name of an option
   * @param problem what was found there, and what would be right
   */
  constructor(readonly place: string, problem: string) {
    super(`${place}: ${problem}`);
  }
}

/** Smallest and largest value of `max-frame`, in bytes. */
const FRAME_BOUNDS = [4_096, 64 * DEFAULT_MAX_FRAME_BYTES] as const;

type Check = (value: unknown) => unknown;

const KEYS: { readonly [key: string]: { readonly as: keyof NodeConfig; readonly check: Check } } = {
  listen: { as: "listen", check: (v) => (parseListen(text(v)), v) },
  bootstrap: { as: "bootstrap", check: listOf((v) => (parseNodeAddress(text(v)), v)) },
  data: { as: "data", check: text },
  network: { as: "network", check: checkNetwork },
  allow: { as: "allow", check: listOf((v) => (parseNodeId(text(v)), v)) },
  open: { as: "open", check: flag },
  "max-frame": { as: "maxFrameBytes", check: (v) => wholeNumber(v, ...FRAME_BOUNDS) },
  shards: { as: "shards", check: (v) => wholeNumber(v, 0, 256) },
};

/** Keys that the design has and this version has not: an error of their own. */
const LATER: { readonly [key: string]: string } = {
  policies: "policies are not supported yet: remove the line",
};

/**
 * Reads a configuration file.
 *
 * @throws {ConfigError} when it cannot be read, with the place of the first thing that is wrong
 */
export async function readConfig(path: string): Promise<NodeConfig> {
  let source: string;
  try {
    source = await Deno.readTextFile(path);
  } catch (error) {
    throw new ConfigError(path, `cannot be read: ${(error as Error).message}`);
  }
  return parseConfig(source, path);
}

/**
 * Parses the text of a configuration file.
 *
 * @param path the file's name: it stands in errors, and `data` is relative to its folder
 * @throws {ConfigError} with file, line and column
 */
export function parseConfig(source: string, path: string): NodeConfig {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${line}:${col}`;
  };
  const [broken] = document.errors;
  if (broken) throw new ConfigError(place(broken.pos[0]), firstLine(broken.message));
  const root = document.contents as Node | null;
  if (root === null) return {};
  if (!isMap(root)) {
    throw new ConfigError(
      place(offsetOf(root)),
      `expected "key: value" lines, such as "data: ./data"`,
    );
  }
  const config: Record<string, unknown> = {};
  for (const { key, value } of root.items) {
    const name = isScalar(key) ? String(key.value) : "?";
    const known = Object.hasOwn(KEYS, name) ? KEYS[name] : undefined;
    if (!known) {
      const why = Object.hasOwn(LATER, name)
        ? LATER[name]
        : `"${name}" is no setting: there are ${Object.keys(KEYS).join(", ")}`;
      throw new ConfigError(place(offsetOf(key as Node)), why as string);
    }
    const node = value as Node | null;
    try {
      config[known.as] = known.check(plain(node));
    } catch (error) {
      const at = node === null ? offsetOf(key as Node) : offsetOf(node);
      throw new ConfigError(place(at), `${name}: ${(error as Error).message}`);
    }
  }
  if (typeof config.data === "string" && !isAbsolute(config.data)) {
    config.data = join(dirname(path), config.data);
  }
  return config as NodeConfig;
}

/**
 * Checks settings that a program gives, by the same rules as a file's.
 *
 * @throws {ConfigError} with the name of the first option that is wrong
 */
export function checkOptions(options: NodeConfig): void {
  for (const { as, check } of Object.values(KEYS)) {
    const value = options[as];
    if (value === undefined) continue;
    try {
      check(value);
    } catch (error) {
      throw new ConfigError(as, (error as Error).message);
    }
  }
}

/**
 * Checks a network's name.
 *
 * @throws {RangeError} when it is empty, too long or has odd characters
 */
export function checkNetwork(value: unknown): string {
  const name = text(value);
  if (!/^[a-z0-9][a-z0-9.-]*$/.test(name) || name.length > MAX_NETWORK_LENGTH) {
    throw new RangeError(
      `"${name}" is no network name: up to ${MAX_NETWORK_LENGTH} of a-z, 0-9, "." and "-"`,
    );
  }
  return name;
}

function plain(node: Node | null): unknown {
  if (node === null) return null;
  if (isScalar(node)) return node.value;
  if (isSeq(node)) return node.items.map((item) => plain(item as Node));
  throw new TypeError("expected a value or a list of values");
}

function text(value: unknown): string {
  if (typeof value === "string") return value;
  throw new TypeError(
    `${JSON.stringify(value)} is not text: put it in quotes, if it looks like something else`,
  );
}

function flag(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new TypeError(`${JSON.stringify(value)} is not true or false`);
}

function wholeNumber(value: unknown, least: number, most: number): number {
  if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most) {
    throw new RangeError(
      `${JSON.stringify(value)} is not a whole number from ${least} to ${most}`,
    );
  }
  return value as number;
}

function listOf(check: Check): Check {
  return (value) => {
    if (!Array.isArray(value)) throw new TypeError(`expected a list: ["…", "…"]`);
    return value.map(check);
  };
}

function offsetOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

function firstLine(message: string): string {
  return message.split("\n", 1)[0] as string;
}
