/**
 * Records: what the DHT keeps. They are deterministic CBOR, and whoever has one can check it with
 * nothing else at hand:
 *
 * | kind | key | holds |
 * |---|---|---|
 * | immutable | hash of the value | the value |
 * | mutable | hash of owner id and name | owner, name, sequence, value, `validUntil`, signature |
 * | provider | hash of the name; one record for each provider | the same, with addresses for the value |
 *
 * The owner stands in a record as its 96-byte inception record, whose hash is its node id, and the
 * key that signed. That must be the inception's first key: rotations are not read yet. The signature
 * covers every other byte, under a label of its own.
 *
 * @module
 */
import { isIP } from "node:net";
import {
  decodeInception,
  type Identity,
  inceptionNodeId,
  verifySignature,
} from "../security/mod.ts";
import { concat, FrameCodec, FrameError, type FrameOf } from "../transport/mod.ts";
import {
  MAX_ADDRESSES,
  MAX_PROVIDER_VALIDITY_MS,
  MAX_RECORD_BYTES,
  MAX_RECORD_NAME_BYTES,
  MAX_VALIDITY_MS,
  MAX_VALUE_BYTES,
} from "./constants.ts";
import { parseAddress } from "./contact.ts";
import { immutableKey, keyText, mutableKey, providerKey } from "./key.ts";
import { RecordError } from "./record_error.ts";

const SIGNED = {
  inception: [1, "bytes"],
  publicKey: [2, "bytes"],
  name: [3, "text"],
  sequence: [4, "uint"],
  validUntil: [5, "uint"],
  signature: [6, "bytes?"],
} as const;

const RECORD_FRAMES = {
  immutable: { type: 2, fields: { value: [7, "bytes"] } },
  mutable: { type: 4, fields: { ...SIGNED, value: [7, "bytes"] } },
  provider: { type: 6, fields: { ...SIGNED, addresses: [8, "texts"], withdrawn: [9, "uint?"] } },
} as const;

type Frame = FrameOf<typeof RECORD_FRAMES>;
type SignedFrame = Exclude<Frame, { kind: "immutable" }>;

const codec = new FrameCodec(RECORD_FRAMES);
const SIGNATURE_LABEL = new TextEncoder().encode("macula/record/v1\0");

/** A value under its own hash. */
export interface ImmutableRecord {
  readonly kind: "immutable";
  readonly key: string;
  readonly value: Uint8Array;
  /** The record as it travels. */
  readonly bytes: Uint8Array;
}

interface SignedRecord {
  readonly key: string;
  /** Node id of who signed it. */
  readonly owner: string;
  readonly name: string;
  /** From 1 up; the higher one supersedes. */
  readonly sequence: number;
  /** Ms since 1970. */
  readonly validUntil: number;
  /** The record as it travels. */
  readonly bytes: Uint8Array;
}

/** A value under its owner and name. */
export interface MutableRecord extends SignedRecord {
  readonly kind: "mutable";
  readonly value: Uint8Array;
}

/** A node's word that it takes part in something. */
export interface ProviderRecord extends SignedRecord {
  readonly kind: "provider";
  /** `<host>:<port>`; literal IP addresses. */
  readonly addresses: readonly string[];
  /** Whether it takes part no more: this supersedes its word that it did. */
  readonly withdrawn: boolean;
}

/** Any record. */
export type DhtEntry = ImmutableRecord | MutableRecord | ProviderRecord;

/**
 * Makes an immutable record.
 *
 * @param value 10 KiB at most
 * @throws {RecordError} `oversized`
 */
export function immutableRecord(value: Uint8Array): Uint8Array {
  return checkedForm(codec.encode("immutable", { value }));
}

/**
 * Signs a mutable record.
 *
 * @param name 1 to 255 bytes of UTF-8: segments joined by `/`, none empty, no control characters
 * @param sequence from 1 up, higher than that of any record under this name before
 * @param value 10 KiB at most, best below 1,000 bytes: its record then fits one packet of a usual path
 * @param validUntil ms since 1970, 60 days ahead at most
 * @throws {RecordError} `oversized`, or `bad-record` for a name that is none
 */
export function mutableRecord(
  identity: Identity,
  { name, sequence, value, validUntil }: Pick<
    MutableRecord,
    "name" | "sequence" | "value" | "validUntil"
  >,
): Uint8Array {
  const { inception, publicKey } = identity;
  const fields = { inception, publicKey, name, sequence, validUntil, value };
  const signature = identity.sign(labelled(codec.encode("mutable", fields)));
  return checkedForm(codec.encode("mutable", { ...fields, signature }));
}

/**
 * Signs a provider record.
 *
 * @param addresses where the node can be dialled; 4 at most, none if that is not known
 * @param validUntil ms since 1970, an hour ahead at most
 * @throws {RecordError} as {@link mutableRecord}
 */
export function providerRecord(
  identity: Identity,
  { name, sequence, addresses, withdrawn, validUntil }: Pick<
    ProviderRecord,
    "name" | "sequence" | "addresses" | "withdrawn" | "validUntil"
  >,
): Uint8Array {
  const { inception, publicKey } = identity;
  const fields = {
    ...{ inception, publicKey, name, sequence, validUntil, addresses },
    ...(withdrawn ? { withdrawn: 1 } : {}),
  };
  const signature = identity.sign(labelled(codec.encode("provider", fields)));
  return checkedForm(codec.encode("provider", { ...fields, signature }));
}

/**
 * Reads a record without checking its signature and times: enough to tell whether that is worth it.
 *
 * @param bytes from anywhere
 * @throws {RecordError} `bad-record`, `oversized`, `id-mismatch`
 */
export function readRecord(bytes: Uint8Array): DhtEntry {
  return read(bytes, frameOf(bytes));
}

/**
 * Checks a record from anywhere: the one check on every way into this node.
 *
 * @param bytes the record as it travels
 * @param now ms since 1970
 * @param key the text of the key that it was given for; left out if it was given for none
 * @returns the record, known to be its owner's word and in force
 * @throws {RecordError} with the first thing that is wrong, what is cheap to check first
 */
export function verifyRecord(bytes: Uint8Array, now: number, key?: string): DhtEntry {
  const frame = frameOf(bytes);
  const record = read(bytes, frame);
  if (key !== undefined && record.key !== key) {
    throw new RecordError("wrong-key", `the record of key ${record.key} was given for ${key}`);
  }
  if (record.kind === "immutable" || frame.kind === "immutable") return record;
  if (record.validUntil <= now) {
    throw new RecordError("expired", `"${record.name}" was valid until ${record.validUntil}`);
  }
  const most = record.kind === "provider" ? MAX_PROVIDER_VALIDITY_MS : MAX_VALIDITY_MS;
  if (record.validUntil > now + most) {
    const message = `"${record.name}" claims to be valid for more than ${most} ms`;
    throw new RecordError("too-far", message);
  }
  const { signature, ...unsigned } = frame;
  const signed = labelled(codec.encode(frame.kind, withoutKind(unsigned)));
  if (!signature || !verifySignature(frame.publicKey, signed, signature)) {
    throw new RecordError("bad-signature", `"${record.name}" was not signed by ${record.owner}`);
  }
  return record;
}

/** The bytes, once they are known to have the form of a record. */
function checkedForm(bytes: Uint8Array): Uint8Array {
  readRecord(bytes);
  // The encoder's may be a `Buffer`, whose slices share memory.
  return new Uint8Array(bytes);
}

function frameOf(bytes: Uint8Array): Frame {
  if (bytes.length > MAX_RECORD_BYTES) {
    const message = `a record has ${bytes.length} bytes, more than ${MAX_RECORD_BYTES}`;
    throw new RecordError("oversized", message);
  }
  let frame: Frame | undefined;
  try {
    frame = codec.decode(bytes);
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    throw new RecordError("bad-record", error.message);
  }
  if (!frame) throw new RecordError("bad-record", "the record is of an unknown kind");
  // One record, one form: else two of them could be told apart that say the same, and a field that
  // is not known here would travel under a signature that does not cover it.
  const again = codec.encode(frame.kind, withoutKind(frame));
  if (!sameBytes(again, bytes)) {
    throw new RecordError("bad-record", "the record is not in canonical form");
  }
  return frame;
}

function read(bytes: Uint8Array, frame: Frame): DhtEntry {
  if (frame.kind === "immutable") {
    const { kind, value } = frame;
    checkSize(value);
    return { kind, key: keyText(immutableKey(value)), value, bytes };
  }
  const { name, sequence, validUntil } = frame;
  const owner = ownerOf(frame);
  checkRecordName(name);
  if (sequence === 0) {
    throw new RecordError("bad-record", `"${name}" has sequence 0: 1 is the first`);
  }
  const common = { owner, name, sequence, validUntil, bytes };
  if (frame.kind === "mutable") {
    checkSize(frame.value);
    const key = keyText(mutableKey(owner, name));
    return { kind: "mutable", key, ...common, value: frame.value };
  }
  checkAddresses(frame.addresses);
  const { addresses, withdrawn } = frame;
  if (withdrawn !== undefined && withdrawn !== 1) {
    throw new RecordError("bad-record", `"withdrawn" is ${withdrawn}: it is 1 or left out`);
  }
  const key = keyText(providerKey(name));
  return { kind: "provider", key, ...common, addresses, withdrawn: withdrawn === 1 };
}

function ownerOf({ inception, publicKey, name }: SignedFrame): string {
  let firstKey: Uint8Array;
  try {
    firstKey = decodeInception(inception).firstKey;
  } catch (error) {
    throw new RecordError("bad-record", (error as Error).message);
  }
  const owner = inceptionNodeId(inception);
  if (!sameBytes(firstKey, publicKey)) {
    const message = `the key that signed "${name}" is not the first key of ${owner}`;
    throw new RecordError("id-mismatch", message);
  }
  return owner;
}

/**
 * Checks the name of a record.
 *
 * @throws {RecordError} `oversized` or `bad-record`
 */
export function checkRecordName(name: string): void {
  const shown = JSON.stringify(name.length > 80 ? name.slice(0, 80) + "…" : name);
  if (!name.isWellFormed()) {
    throw new RecordError("bad-record", "a record's name holds half a surrogate pair");
  }
  if (new TextEncoder().encode(name).length > MAX_RECORD_NAME_BYTES) {
    const message = `record name ${shown} has more than ${MAX_RECORD_NAME_BYTES} bytes`;
    throw new RecordError("oversized", message);
  }
  if (/\p{Cc}/u.test(name) || name.split("/").includes("")) {
    const message =
      `${shown} is no name of a record: write segments joined by "/", such as policy/realm, ` +
      `none empty and without control characters`;
    throw new RecordError("bad-record", message);
  }
}

function checkSize(value: Uint8Array): void {
  if (value.length <= MAX_VALUE_BYTES) return;
  const message =
    `the value has ${value.length} bytes: a record holds ${MAX_VALUE_BYTES} at most, so put the ` +
    `value elsewhere, in pieces, and its hash here`;
  throw new RecordError("oversized", message);
}

function checkAddresses(addresses: readonly string[]): void {
  if (addresses.length > MAX_ADDRESSES) {
    const message = `a provider has ${addresses.length} addresses, more than ${MAX_ADDRESSES}`;
    throw new RecordError("oversized", message);
  }
  for (const address of addresses) {
    let host: string;
    try {
      host = parseAddress(address).host;
    } catch (error) {
      throw new RecordError("bad-record", (error as Error).message);
    }
    // A name of the DNS would let a record choose, later, what its readers dial.
    if (!isIP(host)) {
      throw new RecordError("bad-record", `${JSON.stringify(host)} is no IP address`);
    }
  }
}

function labelled(bytes: Uint8Array): Uint8Array {
  return concat([SIGNATURE_LABEL, bytes], SIGNATURE_LABEL.length + bytes.length);
}

function withoutKind({ kind: _kind, ...fields }: { readonly kind: string }): never {
  return fields as never;
}

/** Whether two byte strings are equal. Not for secrets: it stops at the first difference. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
