/**
 * What nodes say to each other for the DHT: requests and their replies, joined by an id that the
 * asker chose. A message is deterministic CBOR; unknown fields are ignored, and unknown kinds with
 * an odd number too, so that a newer node may say more.
 *
 * @module
 */
import { FrameCodec, FrameError, type FrameOf, type HostPort } from "../transport/mod.ts";
import {
  KEY_BYTES,
  MAX_ADDRESSES,
  MAX_ANSWER_CONTACTS,
  MAX_MESSAGE_BYTES,
  MAX_PROVIDERS_PER_KEY,
  MAX_RECORD_BYTES,
  MAX_REFUSAL_CHARS,
} from "./constants.ts";
import { type Contact, contactTexts, parseContacts } from "./contact.ts";

/** What one node asks of another. Plain data, so that it goes through messages of actors. */
export type Request =
  /** Are you there? */
  | { readonly kind: "ping" }
  /** Whom do you know closest to `target`? */
  | { readonly kind: "findNode"; readonly target: Uint8Array }
  /** What do you hold under `key`, and whom do you know closest to it? */
  | { readonly kind: "get"; readonly key: Uint8Array }
  /** Who do you know takes part in what `key` stands for, and whom do you know closest to it? */
  | { readonly kind: "providers"; readonly key: Uint8Array }
  /** Hold this; `expected` is the sequence that it replaces, `null` for any. */
  | { readonly kind: "store"; readonly record: Uint8Array; readonly expected: number | null }
  /** Please see whether I can be dialled there. */
  | { readonly kind: "reachMe"; readonly host: string; readonly port: number };

/** What it is answered. */
export type Reply =
  | { readonly kind: "ok" }
  | { readonly kind: "nodes"; readonly contacts: readonly Contact[] }
  | {
    readonly kind: "found";
    readonly record: Uint8Array | null;
    readonly contacts: readonly Contact[];
  }
  | {
    readonly kind: "provided";
    readonly records: readonly Uint8Array[];
    readonly contacts: readonly Contact[];
  }
  | { readonly kind: "refused"; readonly code: string; readonly message: string };

/** The kind of reply that a request wants. */
export const REPLY_TO = {
  ping: "ok",
  findNode: "nodes",
  get: "found",
  providers: "provided",
  store: "ok",
  reachMe: "ok",
} as const satisfies { readonly [K in Request["kind"]]: Reply["kind"] };

/** A message: a request or the reply to one. */
export type DhtMessage =
  | { readonly id: number; readonly request: Request }
  | { readonly id: number; readonly reply: Reply };

/** Bytes from a peer that are no message of the DHT. */
export class MessageError extends Error {
  override readonly name = "MessageError";
  readonly code = "bad-message";
}

const MESSAGE_FRAMES = {
  ping: { type: 2, fields: { id: [1, "uint"] } },
  findNode: { type: 4, fields: { id: [1, "uint"], target: [2, "bytes"] } },
  get: { type: 6, fields: { id: [1, "uint"], key: [2, "bytes"] } },
  providers: { type: 8, fields: { id: [1, "uint"], key: [2, "bytes"] } },
  store: { type: 10, fields: { id: [1, "uint"], record: [2, "bytes"], expected: [3, "uint?"] } },
  reachMe: { type: 12, fields: { id: [1, "uint"], host: [2, "text"], port: [3, "uint"] } },
  ok: { type: 14, fields: { id: [1, "uint"] } },
  nodes: { type: 16, fields: { id: [1, "uint"], contacts: [2, "texts"] } },
  found: { type: 18, fields: { id: [1, "uint"], contacts: [2, "texts"], record: [3, "bytes?"] } },
  provided: {
    type: 20,
    fields: { id: [1, "uint"], contacts: [2, "texts"], records: [3, "blobs"] },
  },
  refused: { type: 22, fields: { id: [1, "uint"], code: [2, "text"], message: [3, "text"] } },
} as const;

type Frame = FrameOf<typeof MESSAGE_FRAMES>;

const codec = new FrameCodec(MESSAGE_FRAMES);

/** Encodes a request. */
export function encodeRequest(id: number, request: Request): Uint8Array {
  const { kind, ...fields } = request;
  if (request.kind !== "store" || request.expected !== null) {
    return codec.encode(kind, { id, ...fields } as never);
  }
  return codec.encode("store", { id, record: request.record });
}

/** Encodes a reply. */
export function encodeReply(id: number, reply: Reply): Uint8Array {
  switch (reply.kind) {
    case "ok":
      return codec.encode("ok", { id });
    case "nodes":
      return codec.encode("nodes", { id, contacts: contactTexts(reply.contacts) });
    case "found": {
      const record = reply.record ? { record: reply.record } : {};
      return codec.encode("found", { id, contacts: contactTexts(reply.contacts), ...record });
    }
    case "provided": {
      const { records } = reply;
      return codec.encode("provided", { id, contacts: contactTexts(reply.contacts), records });
    }
    case "refused": {
      const message = reply.message.slice(0, MAX_REFUSAL_CHARS).toWellFormed();
      return codec.encode("refused", { id, code: reply.code, message });
    }
  }
}

/**
 * Reads a message, strictly: whatever it returns is within every bound.
 *
 * @param bytes from a peer
 * @returns the message; `undefined` for one of a kind that may be skipped
 * @throws {MessageError} for everything else
 */
export function decodeMessage(bytes: Uint8Array): DhtMessage | undefined {
  if (bytes.length > MAX_MESSAGE_BYTES) {
    throw new MessageError(`a message has ${bytes.length} bytes, more than ${MAX_MESSAGE_BYTES}`);
  }
  let frame: Frame | undefined;
  try {
    frame = codec.decode(bytes);
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    throw new MessageError(error.message);
  }
  return frame && messageOf(frame);
}

function messageOf(frame: Frame): DhtMessage {
  const { id } = frame;
  switch (frame.kind) {
    case "ping":
      return { id, request: { kind: "ping" } };
    case "findNode":
      return { id, request: { kind: "findNode", target: checkKey(frame.target) } };
    case "get":
    case "providers":
      return { id, request: { kind: frame.kind, key: checkKey(frame.key) } };
    case "store": {
      const { record, expected = null } = frame;
      return { id, request: { kind: "store", record: checkRecord(record), expected } };
    }
    case "reachMe":
      return { id, request: { kind: "reachMe", ...checkPlace(frame) } };
    case "ok":
      return { id, reply: { kind: "ok" } };
    case "nodes":
      return { id, reply: { kind: "nodes", contacts: checkContacts(frame.contacts) } };
    case "found": {
      const { record } = frame;
      const found = record === undefined ? null : checkRecord(record);
      const contacts = checkContacts(frame.contacts);
      return { id, reply: { kind: "found", record: found, contacts } };
    }
    case "provided": {
      const { records } = frame;
      if (records.length > MAX_PROVIDERS_PER_KEY) {
        throw new MessageError(`${records.length} providers in an answer`);
      }
      records.forEach(checkRecord);
      const contacts = checkContacts(frame.contacts);
      return { id, reply: { kind: "provided", records, contacts } };
    }
    case "refused": {
      const { code, message } = frame;
      if (!/^[a-z][a-z-]{0,31}$/.test(code) || message.length > MAX_REFUSAL_CHARS) {
        throw new MessageError("a refusal without a code, or with too many words");
      }
      return { id, reply: { kind: "refused", code, message } };
    }
  }
}

function checkKey(key: Uint8Array): Uint8Array {
  if (key.length !== KEY_BYTES) throw new MessageError(`a key has ${key.length} bytes, not 32`);
  return key;
}

function checkRecord(record: Uint8Array): Uint8Array {
  if (record.length > MAX_RECORD_BYTES) {
    throw new MessageError(`a record has ${record.length} bytes, more than ${MAX_RECORD_BYTES}`);
  }
  return record;
}

function checkPlace({ host, port }: HostPort): HostPort {
  if (host.length > 45 || port < 1 || port > 65_535) {
    throw new MessageError("reach-me names no place that could be dialled");
  }
  return { host, port };
}

function checkContacts(texts: readonly string[]): Contact[] {
  if (texts.length > MAX_ANSWER_CONTACTS * MAX_ADDRESSES) {
    throw new MessageError(`${texts.length} addresses in an answer`);
  }
  let contacts: Contact[];
  try {
    contacts = parseContacts(texts);
  } catch (error) {
    throw new MessageError((error as Error).message);
  }
  if (contacts.length > MAX_ANSWER_CONTACTS) {
    throw new MessageError(`${contacts.length} nodes in an answer, more than the k closest`);
  }
  return contacts;
}
