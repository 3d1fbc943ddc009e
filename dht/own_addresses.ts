import { formatHostPort, type HostPort } from "../transport/mod.ts";
import { MAX_ADDRESSES, MAX_WITNESSES } from "./constants.ts";
import { isPlace } from "./dialling_rules.ts";

/**
 * Where this node can be dialled, as others say who tried. Each witness has one voice, its latest
 * word; an address that more of them confirm comes first. So one liar, who confirms a place that is
 * not this node's, is outvoted where there are honest ones.
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

  /** `<host>:<port>`, the one with most witnesses first, {@link MAX_ADDRESSES} at most. */
  get announced(): readonly string[] {
    const voices = new Map<string, number>();
    for (const address of this.#witnesses.values()) {
      voices.set(address, (voices.get(address) ?? 0) + 1);
    }
    return [...voices].sort(([, a], [, b]) => b - a).slice(0, MAX_ADDRESSES).map(([text]) => text);
  }
}
