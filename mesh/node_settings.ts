import { parseNodeId } from "../security/mod.ts";
import {
  DEFAULT_MAX_FRAME_BYTES,
  isLoopback,
  parseListen,
  parseNodeAddress,
} from "../transport/mod.ts";
import { checkNetwork, checkOptions, ConfigError, type NodeConfig, readConfig } from "./config.ts";

/** Where a node listens unless it is told otherwise: a free port of loopback. */
const DEFAULT_LISTEN = "127.0.0.1:0";

/** What a node is started with, once everything is checked and every default is in place. */
export interface Settings {
  readonly data: string | undefined;
  readonly listen: { readonly host: string; readonly port: number };
  readonly bootstrap: readonly string[];
  readonly network: string;
  readonly allow: readonly string[] | null;
  readonly open: boolean;
  readonly maxFrameBytes: number;
  readonly shards: number;
  /** Paths of policy files. */
  readonly policies: readonly string[];
  /** The only realms that it takes part in; `null` for all that are spoken of. */
  readonly realms: readonly string[] | null;
  /** On behalf of which application it acts; `null` for none. */
  readonly application: string | null;
  /** Whether it holds records for others, or only asks. */
  readonly dht: "server" | "client";
}

/**
 * Merges options over the configuration file over the defaults, and checks what they say.
 *
 * @throws {ConfigError} for the first thing that is wrong
 */
export async function settle(
  options: NodeConfig & { readonly config?: string; readonly dht?: "server" | "client" },
): Promise<Settings> {
  const file = options.config === undefined ? {} : await readConfig(options.config);
  const pick = <K extends keyof NodeConfig>(key: K) => options[key] ?? file[key];
  const check = <T>(name: string, read: () => T): T => {
    try {
      return read();
    } catch (error) {
      throw new ConfigError(name, (error as Error).message);
    }
  };
  checkOptions(options);
  const listen = check("listen", () => parseListen(pick("listen") ?? DEFAULT_LISTEN));
  if (!isLoopback(listen.host) && !pick("open")) {
    throw new ConfigError(
      "listen",
      `${listen.host} is not a loopback address, and realms have no grants yet: whoever reaches ` +
        `the port may publish, subscribe and call; say "open: true" (--open) if that is meant`,
    );
  }
  const bootstrap = pick("bootstrap") ?? [];
  for (const address of bootstrap) check("bootstrap", () => parseNodeAddress(address));
  const allow = pick("allow") ?? null;
  for (const id of allow ?? []) check("allow", () => parseNodeId(id));
  const dht = options.dht ?? "server";
  if (dht !== "server" && dht !== "client") {
    throw new ConfigError("dht", `"${dht}" is neither "server" nor "client"`);
  }
  const policies = pick("policies");
  return {
    ...{ dht, policies: policies === undefined ? [] : [policies] },
    ...{ realms: pick("realms") ?? null, application: pick("application") ?? null },
    ...{ listen, bootstrap, allow, data: pick("data"), open: pick("open") ?? false },
    network: check("network", () => checkNetwork(pick("network") ?? "macula")),
    maxFrameBytes: pick("maxFrameBytes") ?? DEFAULT_MAX_FRAME_BYTES,
    shards: pick("shards") ?? 1,
  };
}

/** Warns of an open node, for programs that listen to no events and would not hear of it otherwise. */
export function warnOpen(host: string): void {
  console.warn(
    `macula: this node listens on ${host}, and realms have no grants yet: whoever reaches the port ` +
      `may publish, subscribe and call`,
  );
}
