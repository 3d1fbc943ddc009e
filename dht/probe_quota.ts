import { MAX_PROBES_A_MINUTE, PROBE_AGAIN_MS } from "./constants.ts";

/**
 * How many addresses this node probes for others: so many a minute, of which one for one peer.
 * Nobody can have it dial without end.
 */
export class ProbeQuota {
  /** When each peer was probed last, oldest first; all within {@link PROBE_AGAIN_MS}. */
  readonly #last = new Map<string, number>();

  /** Takes one at the time `now` (ms); false when there is none, and then nothing is taken. */
  take(peer: string, now: number): boolean {
    for (const [other, at] of this.#last) {
      if (now - at < PROBE_AGAIN_MS) break;
      this.#last.delete(other);
    }
    if (this.#last.size >= MAX_PROBES_A_MINUTE || this.#last.has(peer)) return false;
    this.#last.set(peer, now);
    return true;
  }
}
