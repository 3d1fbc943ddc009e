import { sha256 } from "../security/mod.ts";
import {
  LEASE_MS,
  MAX_MARKS,
  MAX_PROVIDERS_PER_KEY,
  MAX_RECORDS,
  MAX_RECORDS_PER_OWNER,
} from "./constants.ts";
import { compareDistance, keyBytes } from "./key.ts";
import { type DhtEntry, type ProviderRecord, sameBytes, verifyRecord } from "./record.ts";
import { RecordError } from "./record_error.ts";

/** Bounds of a {@link RecordStore}; the defaults are those of `constants.ts`. */
export interface RecordStoreLimits {
  /** Records in all. */
  readonly records?: number;
  /** Records, and marks, of one owner; immutable records count for whoever brought them. */
  readonly perOwner?: number;
  /** Marks of records that are gone. */
  readonly marks?: number;
  /** Providers under one key. */
  readonly providersPerKey?: number;
}

/** What is known of one place: a key, and for providers the provider. */
interface Place {
  readonly id: string;
  readonly key: string;
  readonly keyBytes: Uint8Array;
  /** Whose share it takes. */
  readonly owner: string;
  /** The highest sequence seen here; it outlives the record. */
  sequence: number;
  /** SHA-256 of the record with that sequence. */
  digest: Uint8Array;
  /** When nothing that was ever here can be valid any more, ms since 1970. */
  until: number;
  record: DhtEntry | undefined;
  /** When the holder may let the record go, ms since 1970. */
  lease: number;
  /** Order of arrival: grows with every record that is stored. */
  arrival: number;
}

/**
 * The records that a node holds for the network.
 *
 * A record is checked when it comes, and its times again whenever it is given out; whoever gets it
 * over the network checks it whole. Of two records in one place the higher sequence wins. Its
 * sequence and hash stay as a *mark* when the record goes, for as long as anything that it
 * superseded could still be valid: so an old record cannot come back after the new one's lease.
 *
 * When it is full, the record farthest from this node makes room for a nearer one: others are
 * nearer to it and hold it too. Under one key the provider that was heard longest ago makes room:
 * living ones renew their word every 15 minutes, whatever validity they claim. This node's own
 * records are never the ones to go.
 */
export class RecordStore {
  readonly #self: string;
  readonly #selfBytes: Uint8Array;
  readonly #limits: Required<RecordStoreLimits>;
  readonly #places = new Map<string, Place>();
  readonly #byKey = new Map<string, Set<Place>>();
  readonly #perOwner = new Map<string, number>();
  #records = 0;
  #providers = 0;
  #arrivals = 0;

  /** @param self this node's id */
  constructor(self: string, limits: RecordStoreLimits = {}) {
    this.#self = self;
    this.#selfBytes = keyBytes(self);
    this.#limits = {
      records: limits.records ?? MAX_RECORDS,
      perOwner: limits.perOwner ?? MAX_RECORDS_PER_OWNER,
      marks: limits.marks ?? MAX_MARKS,
      providersPerKey: limits.providersPerKey ?? MAX_PROVIDERS_PER_KEY,
    };
  }

  /** Records held, those of providers apart. */
  get records(): number {
    return this.#records - this.#providers;
  }

  /** Provider records held. */
  get providers(): number {
    return this.#providers;
  }

  /** Marks of records that are gone. */
  get marks(): number {
    return this.#places.size - this.#records;
  }

  /**
   * Takes a record, or renews the lease of one that is there.
   *
   * @param bytes the record as it travels, from anywhere
   * @param now ms since 1970
   * @param from the node that brought it
   * @param expected the sequence that it is to replace, 0 for none; `null` for any. A holder that is
   * behind has nothing to lose: only a higher sequence than the one expected is a conflict.
   * @returns the record
   * @throws {RecordError} when it is refused; then nothing has changed
   */
  put(bytes: Uint8Array, now: number, from: string, expected: number | null = null): DhtEntry {
    const record = verifyRecord(bytes, now);
    const sequence = record.kind === "immutable" ? 0 : record.sequence;
    const id = placeOf(record);
    const digest = sha256(bytes);
    const known = this.#places.get(id);
    if (known) judge(known, record, sequence, digest, expected);
    const place = known ?? this.#newPlace(id, record, from, digest, now);
    if (!place.record) {
      this.#makeRoom(record, place, now);
      this.#records++;
      if (record.kind === "provider") this.#providers++;
    }
    place.record = record;
    place.sequence = sequence;
    place.digest = digest;
    place.lease = now + LEASE_MS;
    place.arrival = ++this.#arrivals;
    if (record.kind !== "immutable") place.until = Math.max(place.until, record.validUntil);
    if (!known) this.#add(place);
    return record;
  }

  /** The immutable or mutable record under a key, if there is one in force. */
  get(key: string, now: number): DhtEntry | null {
    const place = this.#places.get(key);
    return place?.record && isInForce(place, now) ? place.record : null;
  }

  /** The providers under a key that have not withdrawn, the one heard last first. */
  providersOf(key: string, now: number): ProviderRecord[] {
    const places = [...this.#byKey.get(key) ?? []].filter((place) => isInForce(place, now));
    return places.sort((a, b) => b.arrival - a.arrival).flatMap(({ record }) =>
      record?.kind === "provider" ? [record] : []
    );
  }

  /** Everything in force, with the end of its lease, ms since 1970. */
  *all(now: number): Generator<{ readonly entry: DhtEntry; readonly lease: number }> {
    for (const place of this.#places.values()) {
      const { record, lease } = place;
      if (record && isInForce(place, now)) yield { entry: record, lease };
    }
  }

  /** The highest sequence seen in an owner's place, 0 for none. */
  sequenceOf(key: string): number {
    return this.#places.get(key)?.sequence ?? 0;
  }

  /** Lets go what is over; returns how many records went. */
  sweep(now: number): number {
    const before = this.#records;
    for (const place of [...this.#places.values()]) {
      if (!isInForce(place, now)) this.#letGo(place, now);
    }
    return before - this.#records;
  }

  /** Everything that it knows, to be given to {@link RecordStore.restore}. */
  *dump(): Generator<StoredPlace> {
    for (const { id, record, keyBytes: _key, ...place } of this.#places.values()) {
      yield { ...place, place: id, bytes: record?.bytes ?? null };
    }
  }

  /** Takes what another store of this node dumped; records that are over stay out. */
  restore(places: readonly StoredPlace[], now: number): void {
    for (const { place: id, bytes, ...rest } of places) {
      let record: DhtEntry | undefined;
      try {
        if (bytes) record = verifyRecord(bytes, now);
      } catch (error) {
        if (!(error instanceof RecordError)) throw error; // else it has expired meanwhile
      }
      this.#arrivals = Math.max(this.#arrivals, rest.arrival);
      this.#add({ ...rest, id, keyBytes: keyBytes(rest.key), record });
      if (!record) continue;
      this.#records++;
      if (record.kind === "provider") this.#providers++;
    }
  }

  #newPlace(id: string, record: DhtEntry, from: string, digest: Uint8Array, now: number): Place {
    const owner = record.kind === "immutable" ? from : record.owner;
    if (owner !== this.#self && (this.#perOwner.get(owner) ?? 0) >= this.#limits.perOwner) {
      const message = `${owner} has ${this.#limits.perOwner} records here, the most that one may`;
      throw new RecordError("full", message);
    }
    const { key } = record;
    return {
      ...{ id, key, keyBytes: keyBytes(key), owner, digest, sequence: 0, until: now },
      ...{ record: undefined, lease: 0, arrival: 0 },
    };
  }

  #makeRoom(record: DhtEntry, newcomer: Place, now: number): void {
    if (record.kind === "provider") {
      const others = [...this.#byKey.get(record.key) ?? []].filter((place) => place.record);
      if (others.length >= this.#limits.providersPerKey) {
        const oldest = leastBy(
          others.filter(({ owner }) => owner !== this.#self),
          (a, b) => a.arrival - b.arrival,
        );
        if (oldest) this.#letGo(oldest, now);
      }
    }
    if (this.#records < this.#limits.records || newcomer.owner === this.#self) return;
    const others = [...this.#places.values()].filter((place) =>
      place.record && place.owner !== this.#self
    );
    const farthest = leastBy(
      others,
      (a, b) => compareDistance(this.#selfBytes, b.keyBytes, a.keyBytes),
    );
    if (
      !farthest || compareDistance(this.#selfBytes, newcomer.keyBytes, farthest.keyBytes) >= 0
    ) {
      const message = `this node holds ${this.#limits.records} records that are nearer to it`;
      throw new RecordError("full", message);
    }
    this.#letGo(farthest, now);
  }

  #add(place: Place): void {
    this.#places.set(place.id, place);
    this.#perOwner.set(place.owner, (this.#perOwner.get(place.owner) ?? 0) + 1);
    const places = this.#byKey.get(place.key) ?? new Set();
    this.#byKey.set(place.key, places.add(place));
  }

  /** Lets a record go, and its mark when that has no use any more. */
  #letGo(place: Place, now: number): void {
    if (place.record) {
      this.#records--;
      if (place.record.kind === "provider") this.#providers--;
      place.record = undefined;
    }
    if (place.until <= now) return this.#forget(place);
    if (this.marks <= this.#limits.marks) return;
    // The mark that has the least time to serve.
    const marks = [...this.#places.values()].filter(({ record }) => !record);
    const least = leastBy(marks, (a, b) => a.until - b.until);
    if (least) this.#forget(least);
  }

  #forget(place: Place): void {
    if (!this.#places.delete(place.id)) return;
    const left = (this.#perOwner.get(place.owner) ?? 0) - 1;
    if (left > 0) this.#perOwner.set(place.owner, left);
    else this.#perOwner.delete(place.owner);
    const places = this.#byKey.get(place.key);
    places?.delete(place);
    if (places?.size === 0) this.#byKey.delete(place.key);
  }
}

/** A place as it is kept: plain data. */
export type StoredPlace = {
  readonly place: string;
  readonly key: string;
  readonly owner: string;
  readonly sequence: number;
  readonly digest: Uint8Array;
  readonly until: number;
  readonly lease: number;
  readonly arrival: number;
  readonly bytes: Uint8Array | null;
};

/** Where a record belongs: mutable and immutable ones have their key to themselves. */
function placeOf(record: DhtEntry): string {
  return record.kind === "provider" ? `${record.key} ${record.owner}` : record.key;
}

/** @throws {RecordError} when the record may not follow what is known of its place */
function judge(
  place: Place,
  record: DhtEntry,
  sequence: number,
  digest: Uint8Array,
  expected: number | null,
): void {
  if (record.kind === "immutable") return;
  if (sequence < place.sequence) {
    const message = `"${record.name}" has sequence ${place.sequence}, and this one ${sequence}`;
    throw new RecordError("stale", message, { sequence: place.sequence });
  }
  if (sequence === place.sequence) {
    if (sameBytes(digest, place.digest)) return;
    const message = `${record.owner} signed two records "${record.name}" of sequence ${sequence}`;
    throw new RecordError("equivocation", message, { owner: record.owner, name: record.name });
  }
  if (expected !== null && place.sequence > expected) {
    const message = `"${record.name}" has sequence ${place.sequence}, and not ${expected}`;
    throw new RecordError("conflict", message, { sequence: place.sequence });
  }
}

function isInForce({ record, lease }: Place, now: number): boolean {
  if (!record || lease <= now) return false;
  return record.kind === "immutable" || record.validUntil > now;
}

function leastBy<T>(items: readonly T[], compare: (a: T, b: T) => number): T | undefined {
  let least: T | undefined;
  for (const item of items) if (least === undefined || compare(item, least) < 0) least = item;
  return least;
}
