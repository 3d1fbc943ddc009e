import type { MaculaNode } from "@macula/mesh";
import { SEARCH_PERIOD_MS } from "./constants.ts";
import { ticks } from "./ticks.ts";

/** What to look for in the DHT. */
export interface Sought {
  readonly kind: "topic" | "procedure";
  /** The topic or procedure. */
  readonly name: string;
  /** Where the DHT has those who take part in it. */
  readonly record: string;
}

/**
 * Looks in the DHT for other nodes until there are some, and connects to them.
 *
 * @returns their ids; none when aborted
 */
export async function findOthers(
  node: MaculaNode,
  { kind, name, record }: Sought,
  signal: AbortSignal,
): Promise<readonly string[]> {
  for await (const _ of ticks({ periodMs: SEARCH_PERIOD_MS }, signal)) {
    const providers = await node.dht.providers(record);
    const others = providers.map(({ peer }) => peer).filter((peer) => peer !== node.id);
    if (others.length > 0 && await node.discover(kind, name) >= others.length) return others;
  }
  return [];
}
