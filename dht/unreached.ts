import { formatHostPort, type HostPort } from "../transport/mod.ts";
import { MAX_ADDRESSES, MAX_UNREACHED, UNREACHED_MS } from "./constants.ts";
import type { Contact } from "./contact.ts";

/**
 * Nodes that were dialled in vain a short while ago, and where. Others go on telling of a node that
 * has died until they have noticed themselves: without this memory every lookup would wait for it
 * again.
 */
export class Unreached {
  /** When each address of a node was last tried (ms), those that failed longest ago first. */
  readonly #nodes = new Map<string, Map<string, number>>();

  get size(): number {
    return this.#nodes.size;
  }

  /** A node was dialled at an address in vain, at the time `now` (ms). */
  add(peer: string, address: HostPort, now: number): void {
    const tried = this.#nodes.get(peer) ?? new Map<string, number>();
    this.#nodes.delete(peer);
    this.#nodes.set(peer, tried);
    const text = formatHostPort(address);
    tried.delete(text);
    tried.set(text, now);
    if (tried.size > MAX_ADDRESSES) dropOldest(tried);
    if (this.#nodes.size > MAX_UNREACHED) dropOldest(this.#nodes);
  }

  /** A node is up: what failed before means nothing any more. */
  up(peer: string): void {
    this.#nodes.delete(peer);
  }

  /**
   * Parts a contact's addresses into those that are worth a dial and those tried a moment ago.
   *
   * @param now ms
   * @returns `ago`: for how many milliseconds the latest of those tried has been known to fail
   */
  part(
    { peer, addresses }: Contact,
    now: number,
  ): { readonly untried: readonly HostPort[]; readonly ago: number } {
    const tried = this.#nodes.get(peer);
    let ago = Infinity;
    const untried = addresses.filter((address) => {
      const since = now - (tried?.get(formatHostPort(address)) ?? -Infinity);
      if (since >= UNREACHED_MS) return true;
      ago = Math.min(ago, since);
      return false;
    });
    return { untried, ago };
  }
}

function dropOldest<T>(map: Map<string, T>): void {
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
