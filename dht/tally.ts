import type { DhtEntry, MutableRecord } from "./record.ts";
import { sameBytes } from "./record.ts";

/**
 * What the holders of one mutable record answered. The highest sequence wins. Of two records with
 * one sequence, which only their owner can have made, everybody takes the one whose bytes come
 * first, so that all readers agree; that it happened is told.
 */
export class Tally {
  readonly #holders: { readonly peer: string; readonly record: MutableRecord }[] = [];
  #best: MutableRecord | undefined;
  #equivocal = false;

  /** The best record so far. */
  get best(): MutableRecord | null {
    return this.#best ?? null;
  }

  /** Whether the owner signed two records with the sequence of the best. */
  get equivocal(): boolean {
    return this.#equivocal;
  }

  /** Who holds a worse record than the best. */
  get behind(): readonly string[] {
    return this.#holders
      .filter(({ record }) => record.sequence < (this.#best?.sequence ?? 0))
      .map(({ peer }) => peer);
  }

  /** A holder gave this, which has been verified. */
  add(peer: string, record: DhtEntry): void {
    if (record.kind !== "mutable") return;
    this.#holders.push({ peer, record });
    const best = this.#best;
    if (!best || record.sequence > best.sequence) {
      this.#best = record;
      this.#equivocal = false;
    } else if (record.sequence === best.sequence && !sameBytes(record.bytes, best.bytes)) {
      this.#equivocal = true;
      if (comesFirst(record.bytes, best.bytes)) this.#best = record;
    }
  }
}

function comesFirst(a: Uint8Array, b: Uint8Array): boolean {
  const at = a.findIndex((byte, i) => byte !== b[i]);
  return at >= 0 && (a[at] ?? 0) < (b[at] ?? 0);
}
