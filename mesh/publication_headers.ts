import { headBytes, readHead, UNSIGNED, writeHead } from "./cbor_head.ts";
import { type Header, headerCodec } from "./frames.ts";

/** The headers of one topic's publications under one policy, which differ in their number alone. */
export class PublicationHeaders {
  readonly #prefix: Uint8Array;

  constructor(
    fields: {
      readonly realm: Uint8Array;
      readonly policy: Uint8Array;
      readonly suite: string;
      readonly topic: string;
    },
  ) {
    // The number is the last field: what the codec writes for 0 is the prefix and one byte.
    // A copy: what the codec returns lies in a pool that others write to.
    const whole = headerCodec.encode("publication", { ...fields, sequence: 0 });
    this.#prefix = new Uint8Array(whole).subarray(0, -1);
  }

  /** The header of the publication of that number, as the codec would write it. */
  encode(sequence: number): Uint8Array<ArrayBuffer> {
    const prefix = this.#prefix;
    const header = new Uint8Array(prefix.length + headBytes(sequence));
    header.set(prefix);
    writeHead(header, prefix.length, UNSIGNED, sequence);
    return header;
  }
}

type Publication = Extract<Header, { kind: "publication" }>;

/** A header that was read, without its number. */
interface Known {
  readonly prefix: Uint8Array;
  readonly header: Publication;
}

/** Topics whose headers are remembered. */
const REMEMBERED = 16;

/** `{0: 2, 1: …}` with six entries: what every header of a publication that we write begins with. */
const OPENING = 0xa6;
/** The key before a publication's number. */
const NUMBER_KEY = 0x05;

/**
 * Reads the headers of a stream of publications. Those of one topic differ in their number alone, so
 * what has been read before is recognised, at a tenth of what the codec takes.
 */
export class PublicationHeaderReader {
  readonly #known: Known[] = [];
  #oldest = 0;

  /**
   * @returns what the codec says of the same bytes
   * @throws {FrameError} when the bytes are no header
   */
  read(bytes: Uint8Array): Header | undefined {
    for (const { prefix, header } of this.#known) {
      const number = readHead(bytes, prefix.length, UNSIGNED);
      if (number?.end === bytes.length && beginsWith(bytes, prefix)) {
        return { ...header, sequence: number.argument };
      }
    }
    const header = headerCodec.decode(bytes);
    if (header?.kind === "publication") this.#remember(bytes, header);
    return header;
  }

  #remember(bytes: Uint8Array, header: Publication): void {
    const length = bytes.length - headBytes(header.sequence);
    // A newer peer's header may have more fields, and its number stand elsewhere: only what we would
    // have written so is recognised by its beginning.
    if (bytes[0] !== OPENING || bytes[length - 1] !== NUMBER_KEY) return;
    const { kind, ...fields } = header;
    const same = headerCodec.encode(kind, fields);
    if (same.length !== bytes.length || !beginsWith(bytes, same)) return;
    this.#known[this.#oldest] = { prefix: bytes.slice(0, length), header };
    this.#oldest = (this.#oldest + 1) % REMEMBERED;
  }
}

/** Compared from the end: there the topics differ. */
function beginsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  for (let i = prefix.length - 1; i >= 0; i--) if (bytes[i] !== prefix[i]) return false;
  return true;
}
