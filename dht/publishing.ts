import type { Ref } from "../actors/mod.ts";
import type { Identity } from "../security/mod.ts";
import { ANNOUNCERS, K, OWN_VALIDITY_MS, PROVIDER_VALIDITY_MS, REPLICATE_MS } from "./constants.ts";
import type { Contact } from "./contact.ts";
import { codeOf, type Exchange, type LookupResult, type Store } from "./dht_inside.ts";
import type { DhtStored } from "./dht_protocol.ts";
import {
  compareDistance,
  immutableKey,
  keyBytes,
  keyText,
  mutableKey,
  providerKey,
} from "./key.ts";
import type { Lookups } from "./lookups.ts";
import {
  checkRecordName,
  immutableRecord,
  mutableRecord,
  providerRecord,
  readRecord,
  verifyRecord,
} from "./record.ts";
import { RecordError } from "./record_error.ts";
import { Tally } from "./tally.ts";
import { workOff } from "./work_off.ts";

/** What a node has put and provides: plain data that survives restarts. */
export type OwnWords = {
  /** Its records, as they travel. */
  readonly records: readonly Uint8Array[];
  /** Names that it takes part in. */
  readonly provided: readonly string[];
};

/** Parts that a {@link Publishing} works with. */
export interface PublishingParts {
  readonly identity: Identity;
  readonly mode: "server" | "client";
  readonly store: Ref<Store>;
  readonly exchange: Ref<Exchange>;
  readonly lookups: Lookups;
  /** Where the node can be dialled. */
  readonly addresses: () => readonly string[];
}

/**
 * Puts records where they belong, at the k nodes closest to their key, and keeps those of this node
 * there. Its own store has them in any case, so that a node alone finds what it put.
 */
export class Publishing {
  readonly #parts: PublishingParts;
  readonly #own = new Map<string, Uint8Array>();
  readonly #provided = new Set<string>();
  /** The end of the last put of each name: two at once would sign one sequence twice. */
  readonly #puts = new Map<string, Promise<unknown>>();
  #lastSequence = 0;
  /** The last run of {@link provideAgain}, and the one that waits for its end, if there is one. */
  #announced: Promise<void> = Promise.resolve();
  #nextAnnounced: Promise<void> | undefined;

  constructor(parts: PublishingParts) {
    this.#parts = parts;
  }

  /** What is to be kept over a restart. */
  get words(): OwnWords {
    return { records: [...this.#own.values()], provided: [...this.#provided] };
  }

  /** Takes up what another incarnation kept. */
  async restore({ records, provided }: OwnWords): Promise<void> {
    for (const record of records) {
      this.#own.set(readRecord(record).key, record);
      // One that has expired meanwhile is signed anew when it is published again.
      await this.#parts.store.ask.put(record, this.#parts.identity.nodeId, null);
    }
    for (const name of provided) this.#provided.add(name);
  }

  /** The newest record of an owner. Whoever was found to hold an older one is sent the newest. */
  async newest(owner: string, name: string): Promise<{ tally: Tally; result: LookupResult }> {
    const { store, lookups, identity: { nodeId } } = this.#parts;
    const target = mutableKey(owner, name);
    const key = keyText(target);
    const result = await lookups.run("all", target, name);
    const tally = new Tally();
    const held = await store.ask.get(key);
    if (held) tally.add(nodeId, readRecord(held));
    for (const { peer, bytes } of result.records) tally.add(peer, readRecord(bytes));
    const { best, behind } = tally;
    if (best) {
      const late = new Set(behind);
      if (late.has(nodeId)) await store.ask.put(best.bytes, nodeId, null);
      void this.#send(best.bytes, result.closest.filter(({ peer }) => late.has(peer)));
    }
    return { tally, result };
  }

  /**
   * Signs a value under this node's key and stores it.
   *
   * @param expected the sequence that it replaces, 0 for none, `null` for any
   * @throws {RecordError} `conflict` when there is another sequence; `oversized`, `bad-record`
   */
  put(name: string, value: Uint8Array, expected: number | null): Promise<DhtStored> {
    const before = this.#puts.get(name) ?? Promise.resolve();
    const put = before.catch(() => {/* its own caller was told */})
      .then(() => this.#put(name, value, expected));
    this.#puts.set(name, put);
    const done = () => {
      if (this.#puts.get(name) === put) this.#puts.delete(name);
    };
    put.then(done, done);
    return put;
  }

  async #put(name: string, value: Uint8Array, expected: number | null): Promise<DhtStored> {
    const { identity, store } = this.#parts;
    checkRecordName(name);
    const key = keyText(mutableKey(identity.nodeId, name));
    const { tally, result } = await this.newest(identity.nodeId, name);
    const last = Math.max(
      tally.best?.sequence ?? 0,
      await store.ask.sequenceOf(key),
      sequenceOf(this.#own.get(key)),
    );
    if (expected !== null && expected !== last) {
      const message = `"${name}" has sequence ${last}, and not ${expected}: read it again`;
      throw new RecordError("conflict", message, { sequence: last });
    }
    const sequence = last + 1;
    const validUntil = Date.now() + OWN_VALIDITY_MS;
    const record = mutableRecord(identity, { name, sequence, value, validUntil });
    this.#own.set(key, record);
    return await this.#store(record, result.closest);
  }

  /** Stores a value under its own hash. */
  async putImmutable(value: Uint8Array): Promise<DhtStored> {
    const record = immutableRecord(value);
    const target = immutableKey(value);
    this.#own.set(keyText(target), record);
    return await this.#store(record, (await this.#parts.lookups.run("nodes", target)).closest);
  }

  /** Says, and keeps saying, that this node takes part in something. */
  async provide(name: string): Promise<DhtStored> {
    checkRecordName(name);
    this.#provided.add(name);
    return await this.#announce(name, false);
  }

  /** Says that this node takes part in it no more. */
  async withdraw(name: string): Promise<void> {
    if (this.#provided.delete(name)) await this.#announce(name, true);
  }

  /** Says of everything that this node takes part in it no more. */
  async withdrawAll(): Promise<void> {
    const names = [...this.#provided];
    this.#provided.clear();
    await workOff(names, ANNOUNCERS, (name) => this.#announce(name, true));
  }

  /**
   * Announces again what this node provides, with its addresses of now. Of those that come while it
   * is at it one is done after, which serves them all.
   */
  provideAgain(): Promise<void> {
    return this.#nextAnnounced ??= this.#announced = this.#announced.then(async () => {
      this.#nextAnnounced = undefined;
      await workOff([...this.#provided], ANNOUNCERS, async (name) => {
        // It may have been withdrawn meanwhile.
        if (this.#provided.has(name)) await this.#announce(name, false);
      });
    });
  }

  /**
   * Announces this node's own records again. Those in the second half of their time are signed anew,
   * and those that others know with a higher sequence: a former life of this node put them, and what
   * it says now, perhaps while it was alone and could not know, is its last word.
   */
  async republish(): Promise<void> {
    await workOff([...this.#own.values()], ANNOUNCERS, (bytes) => this.#republish(bytes));
  }

  async #republish(bytes: Uint8Array): Promise<void> {
    const record = readRecord(bytes);
    const isOld = record.kind === "mutable" &&
      record.validUntil < Date.now() + OWN_VALIDITY_MS / 2;
    const refused = isOld ? {} : await this.#spread(bytes);
    if (record.kind !== "mutable" || this.#own.get(record.key) !== bytes) return;
    if (isOld || refused["stale"] || refused["equivocation"]) {
      await this.put(record.name, record.value, null);
    }
  }

  /** Brings what this node holds to those who are closest to it now, if nobody else just did. */
  async replicate(): Promise<void> {
    if (this.#parts.mode === "client") return;
    const held = await this.#parts.store.ask.notRenewedFor(REPLICATE_MS);
    // Sent, and not held anew here: what nobody else brings again must come to its end.
    await workOff(held, ANNOUNCERS, async ({ bytes, key }) => {
      const { closest } = await this.#parts.lookups.run("nodes", keyBytes(key));
      await this.#send(bytes, this.#holdersOf(keyBytes(key), closest));
    });
  }

  async #announce(name: string, withdrawn: boolean): Promise<DhtStored> {
    const { identity, addresses, lookups } = this.#parts;
    // Time makes a sequence that grows over restarts, too.
    const sequence = this.#lastSequence = Math.max(this.#lastSequence + 1, Date.now());
    const validUntil = Date.now() + PROVIDER_VALIDITY_MS;
    const record = providerRecord(identity, {
      ...{ name, sequence, withdrawn, validUntil },
      addresses: withdrawn ? [] : addresses(),
    });
    const { closest } = await lookups.run("nodes", providerKey(name));
    return await this.#store(record, closest);
  }

  /** Brings a record to those closest to its key; returns who refused it, by code. */
  async #spread(bytes: Uint8Array): Promise<DhtStored["refused"]> {
    const { closest } = await this.#parts.lookups.run("nodes", keyBytes(readRecord(bytes).key));
    try {
      return (await this.#store(bytes, closest)).refused;
    } catch (error) {
      // Superseded or over by now, as this node's own store knows: there is nothing to spread.
      if (!(error instanceof RecordError)) throw error;
      return { [error.code]: 1 };
    }
  }

  /**
   * Stores a record here and at those closest to it.
   *
   * @param closest those that a lookup found closest to its key
   * @throws {RecordError} when this node's own store refuses it
   */
  async #store(bytes: Uint8Array, closest: readonly Contact[]): Promise<DhtStored> {
    const record = verifyRecord(bytes, Date.now());
    await this.#hold(bytes);
    const refused = await this.#send(bytes, this.#holdersOf(keyBytes(record.key), closest));
    const failures = Object.entries(refused.codes);
    return {
      key: record.key,
      sequence: record.kind === "immutable" ? 0 : record.sequence,
      holders: 1 + refused.asked - failures.reduce((sum, [, count]) => sum + count, 0),
      refused: refused.codes,
    };
  }

  /** Keeps a record in this node's own store. */
  async #hold(bytes: Uint8Array): Promise<void> {
    const { store, identity } = this.#parts;
    const { code, message } = await store.ask.put(bytes, identity.nodeId, null);
    if (code !== "ok") throw new RecordError(code as RecordError["code"], message);
  }

  /** The k closest to a key, without this node, which takes a place of theirs where it is one. */
  #holdersOf(key: Uint8Array, closest: readonly Contact[]): readonly Contact[] {
    const { mode, identity } = this.#parts;
    const last = closest[K - 1];
    if (mode === "client" || !last) return closest;
    const own = keyBytes(identity.nodeId);
    const isOne = compareDistance(key, own, keyBytes(last.peer)) < 0;
    return isOne ? closest.slice(0, K - 1) : closest;
  }

  /** Asks nodes to hold a record; returns who did not, by code. */
  async #send(
    record: Uint8Array,
    to: readonly Contact[],
  ): Promise<{ readonly asked: number; readonly codes: Record<string, number> }> {
    const codes: Record<string, number> = {};
    const outcomes = await Promise.all(to.map(async (contact) => {
      const request = { kind: "store", record, expected: null } as const;
      try {
        const { reply } = await this.#parts.exchange.ask.request(contact, request);
        return reply.kind === "refused" ? reply.code : "ok";
      } catch (error) {
        return codeOf(error);
      }
    }));
    for (const code of outcomes) if (code !== "ok") codes[code] = (codes[code] ?? 0) + 1;
    return { asked: to.length, codes };
  }
}

function sequenceOf(record: Uint8Array | undefined): number {
  const entry = record && readRecord(record);
  return entry?.kind === "mutable" ? entry.sequence : 0;
}
