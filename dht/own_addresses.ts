import { formatHostPort, type HostPort } from "../transport/mod.ts";
import { MAX_ADDRESSES, MAX_WITNESSES } from "./constants.ts";
import { isPlace } from "./dialling_rules.ts";

/**
 * Where this node can be dialled, as others say who tried. Each witness has one voice, its latest
 * word, for as long as it is connected; an address that more of them confirm comes first, and one with
 * less than half of the voices of the first is left out. So one liar, who confirms a place that is not
 * this node's, is outvoted where there are honest ones.
 */
export class OwnAddresses {
  /** Latest word of each witness, oldest first. */
  readonly #witnesses = new Map<string, string>();

  /**
   * A peer says that it has reached this node there. What is no place is not believed.
   *
   * @returns whether the announced addresses have changed
   */
  confirm(witness: string, address: HostPort): boolean {
    if (!isPlace(address)) return false;
    const before = this.announced.join();
    this.#witnesses.delete(witness);
    this.#witnesses.set(witness, formatHostPort(address));
    if (this.#witnesses.size > MAX_WITNESSES) {
      const [oldest] = this.#witnesses.keys();
      if (oldest !== undefined) this.#witnesses.delete(oldest);
    }
    return this.announced.join() !== before;
  }

  /** A witness has gone, and with it its voice; the last one's stays, as there is no other word. */
  forget(witness: string): void {
    if (this.#witnesses.size > 1) this.#witnesses.delete(witness);
  }

  /** `<host>:<port>`, the one with most witnesses first, {@link MAX_ADDRESSES} at most. */
  get announced(): readonly string[] {
    const voices = new Map<string, number>();
    for (const address of this.#witnesses.values()) {
      voices.set(address, (voices.get(address) ?? 0) + 1);
    }
    const sorted = [...voices].sort(([, a], [, b]) => b - a);
    const most = sorted[0]?.[1] ?? 0;
    return sorted.filter(([, count]) => 2 * count >= most).slice(0, MAX_ADDRESSES)
      .map(([text]) => text);
  }
}
