import type { Layer, Opening, Sealing, SealScope } from "./layer.ts";
import { none } from "./none.ts";
import type { PairSecrets } from "./pair.ts";
import { loadSodium } from "./sodium.ts";

/** The layers that this version has, by name. */
export type Layers = ReadonlyMap<string, Layer>;

/** Loads every layer that this version has. */
export async function loadLayers(): Promise<Layers> {
  return new Map([none, await loadSodium()].map((layer) => [layer.name, layer]));
}

/** A suite that this node does not have. */
export class UnknownSuiteError extends RangeError {
  override readonly name = "UnknownSuiteError";
}

/**
 * The suites of one stream of one connection: seals what this node sends on it and opens what the
 * peer does, each realm and suite with keys of its own.
 *
 * A suite's name is that of its layers joined by `+`, innermost first. Sealed payloads must be sent
 * in the order in which they were sealed, and opened in the order in which they came.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { loadLayers, SealedLane } from "../mod.ts";
 *
 * const layers = await loadLayers();
 * const [ab, ba] = [1, 2].map((fill) => new Uint8Array(32).fill(fill)) as [Uint8Array, Uint8Array];
 * const alice = new SealedLane(layers, { sending: ab, receiving: ba }, "control");
 * const bob = new SealedLane(layers, { sending: ba, receiving: ab }, "control");
 * const realmId = new Uint8Array(32);
 * const header = Uint8Array.of(7);
 * const sealed = alice.seal("libsodium", realmId, header, Uint8Array.of(1, 2, 3));
 * assert.deepEqual(bob.open("libsodium", realmId, header, sealed), Uint8Array.of(1, 2, 3));
 * ```
 */
export class SealedLane {
  readonly #layers: Layers;
  readonly #secrets: PairSecrets;
  readonly #lane: string;
  readonly #sealing = new Map<string, Sealing>();
  readonly #opening = new Map<string, Opening>();

  /**
   * @param secrets of the connection
   * @param lane the stream, by the name that both sides call it
   */
  constructor(layers: Layers, secrets: PairSecrets, lane: string) {
    this.#layers = layers;
    this.#secrets = secrets;
    this.#lane = lane;
  }

  /** @throws {UnknownSuiteError} when the suite is none of this version's */
  seal(
    suite: string,
    realmId: Uint8Array,
    header: Uint8Array,
    payload: Uint8Array,
  ): Uint8Array {
    if (suite === none.name) return payload;
    const key = scopeKey(suite, realmId);
    let sealing = this.#sealing.get(key);
    if (!sealing) {
      const { sending } = this.#secrets;
      sealing = chain(
        this.#chainOf(suite).map((layer, at) => layer.sealing(this.#scope(sending, realmId, at))),
      );
      this.#sealing.set(key, sealing);
    }
    return sealing.seal(header, payload);
  }

  /**
   * @throws {UnknownSuiteError} when the suite is none of this version's
   * @throws {SealError} when it is not what the peer sealed
   */
  open(
    suite: string,
    realmId: Uint8Array,
    header: Uint8Array,
    sealed: Uint8Array,
  ): Uint8Array {
    if (suite === none.name) return sealed;
    const key = scopeKey(suite, realmId);
    let opening = this.#opening.get(key);
    if (!opening) {
      const { receiving } = this.#secrets;
      opening = unchain(
        this.#chainOf(suite).map((layer, at) => layer.opening(this.#scope(receiving, realmId, at))),
      );
      this.#opening.set(key, opening);
    }
    return opening.open(header, sealed);
  }

  /** A layer that stands in a chain twice must not have one key twice: its place is part of it. */
  #scope(secret: Uint8Array, realmId: Uint8Array, at: number): SealScope {
    return { secret, realmId, lane: `${this.#lane}/${at}` };
  }

  #chainOf(suite: string): Layer[] {
    return suite.split("+").map((name) => {
      const layer = this.#layers.get(name);
      if (layer) return layer;
      throw new UnknownSuiteError(
        `there is no suite "${suite.slice(0, 64)}" here: there are ${
          [...this.#layers.keys()].join(", ")
        }`,
      );
    });
  }
}

/** Layers applied in order, the first to the payload itself. */
function chain(layers: readonly Sealing[]): Sealing {
  const [only] = layers;
  if (only && layers.length === 1) return only;
  return {
    seal: (header, payload) =>
      layers.reduce((sealed, layer) => layer.seal(header, sealed), payload),
  };
}

function unchain(layers: readonly Opening[]): Opening {
  const [only] = layers;
  if (only && layers.length === 1) return only;
  return {
    open: (header, sealed) =>
      layers.reduceRight((payload, layer) => layer.open(header, payload), sealed),
  };
}

function scopeKey(suite: string, realmId: Uint8Array): string {
  return `${suite} ${realmId.toHex()}`;
}
