import { dirname, isAbsolute, join } from "node:path";
import { parseApplicationName, parseNodeId, parseRealmAlias } from "../security/mod.ts";
import {
  DEFAULT_MAX_FRAME_BYTES,
  MAX_NETWORK_LENGTH,
  parseListen,
  parseNodeAddress,
} from "../transport/mod.ts";
import { parseYaml, YamlError, type YamlNode } from "../yaml/mod.ts";

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
  /** Policy file; relative to the file. */
  readonly policies?: string;
  /** Aliases of the only realms that the node takes part in. */
  readonly realms?: readonly string[];
  /** Name of the application whose policies the node obeys, such as `com.example.billing`. */
  readonly application?: string;
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
  policies: { as: "policies", check: text },
  realms: { as: "realms", check: listOf((v) => parseRealmAlias(text(v))) },
  application: { as: "application", check: (v) => parseApplicationName(text(v)) },
};

/** Settings that are paths, relative to the file that names them. */
const PATHS = ["data", "policies"] as const;

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
 * @param path the file's name: it stands in errors, and paths are relative to its folder
 * @throws {ConfigError} with file, line and column
 */
export function parseConfig(source: string, path: string): NodeConfig {
  const root = open(source, path);
  if (root === null) return {};
  if (root.kind !== "map") {
    throw new ConfigError(root.at, `expected "key: value" lines, such as "data: ./data"`);
  }
  const config: Record<string, unknown> = {};
  for (const { key, at, node } of root.entries) {
    const known = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
    if (!known) {
      const why = `"${key}" is no setting: there are ${Object.keys(KEYS).join(", ")}`;
      throw new ConfigError(at, why);
    }
    try {
      config[known.as] = known.check(plain(node));
    } catch (error) {
      throw new ConfigError(node.at, `${key}: ${(error as Error).message}`);
    }
  }
  for (const key of PATHS) {
    const value = config[key];
    if (typeof value === "string" && !isAbsolute(value)) config[key] = join(dirname(path), value);
  }
  return config as NodeConfig;
}

function open(source: string, path: string): YamlNode | null {
  try {
    return parseYaml(source, path);
  } catch (error) {
    if (error instanceof YamlError) throw new ConfigError(error.place, error.problem);
    throw error;
  }
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

function plain(node: YamlNode): unknown {
  if (node.kind === "value") return node.value;
  if (node.kind === "list") return node.items.map(plain);
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
