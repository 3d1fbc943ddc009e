import { decode, encode } from "cborg";

/** What a field of a frame may hold. */
export type FieldKind = "uint" | "text" | "bytes" | "texts" | "blobs";

/** A field: its key on the wire, and what it holds. A `?` kind may be left out. */
export type FieldSpec = readonly [key: number, kind: FieldKind | `${FieldKind}?`];

/**
 * A kind of frame: its number on the wire and its fields. Even numbers must be understood, odd ones
 * may be skipped by a peer that does not know them.
 */
export interface FrameSpec {
  readonly type: number;
  readonly fields: { readonly [name: string]: FieldSpec };
}

type Held<K> = K extends "uint" ? number
  : K extends "text" ? string
  : K extends "bytes" ? Uint8Array
  : K extends "texts" ? readonly string[]
  : K extends "blobs" ? readonly Uint8Array[]
  : never;
type Named<F extends FrameSpec["fields"]> = {
  readonly [N in keyof F as F[N][1] extends FieldKind ? N : never]: Held<F[N][1]>;
};
type Optional<F extends FrameSpec["fields"]> = {
  readonly [N in keyof F as F[N][1] extends FieldKind ? never : N]?: F[N][1] extends `${infer K}?`
    ? Held<K>
    : never;
};

/** The fields of a frame, by name. */
export type FieldsOf<S extends FrameSpec> = Named<S["fields"]> & Optional<S["fields"]>;

/** Any frame of a protocol: its kind and its fields. */
export type FrameOf<P extends { readonly [kind: string]: FrameSpec }> = {
  readonly [K in keyof P & string]: { readonly kind: K } & FieldsOf<P[K]>;
}[keyof P & string];

/** Bytes that are no frame, or not one that this side can take. */
export class FrameError extends Error {
  override readonly name = "FrameError";
  readonly code: "bad-frame" | "frame-too-large" | "unknown-frame";

  constructor(code: FrameError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

const TYPE_KEY = 0;

/**
 * Frames as deterministic CBOR (RFC 8949 §4.2): a map with small integers as keys, 0 being the
 * frame's type. Unknown fields are ignored, so that a newer peer may add some.
 */
export class FrameCodec<P extends { readonly [kind: string]: FrameSpec }> {
  readonly #specs: P;
  readonly #byType = new Map<number, { kind: keyof P & string; spec: FrameSpec }>();

  /** @throws {RangeError} when two kinds share a number, or a field takes the type's key */
  constructor(specs: P) {
    this.#specs = specs;
    for (const [kind, spec] of Object.entries(specs)) {
      if (this.#byType.has(spec.type)) throw new RangeError(`two frames have type ${spec.type}`);
      if (Object.values(spec.fields).some(([key]) => key === TYPE_KEY)) {
        throw new RangeError(`a field of "${kind}" has the key of the type`);
      }
      this.#byType.set(spec.type, { kind, spec });
    }
  }

  /** Encodes a frame, without a length before it. */
  encode<K extends keyof P & string>(kind: K, fields: FieldsOf<P[K]>): Uint8Array {
    const spec = this.#specs[kind] as FrameSpec;
    const map = new Map<number, unknown>([[TYPE_KEY, spec.type]]);
    for (const [name, [key]] of Object.entries(spec.fields)) {
      const value = (fields as Record<string, unknown>)[name];
      if (value !== undefined) map.set(key, value);
    }
    return encode(map);
  }

  /**
   * Decodes a frame.
   *
   * @returns the frame; `undefined` for one of an unknown kind that may be skipped
   * @throws {FrameError} when the bytes are no frame, or one that must be understood and is not
   */
  decode(bytes: Uint8Array): FrameOf<P> | undefined {
    const map = decodeMap(bytes);
    const type = map.get(TYPE_KEY);
    if (!isUint(type)) throw new FrameError("bad-frame", "a frame has no type");
    const known = this.#byType.get(type);
    if (!known) {
      if (type % 2 === 1) return undefined;
      throw new FrameError("unknown-frame", `frame type ${type} is unknown: upgrade this node`);
    }
    const frame: Record<string, unknown> = { kind: known.kind };
    for (const [name, [key, kind]] of Object.entries(known.spec.fields)) {
      const value = map.get(key);
      if (value === undefined && kind.endsWith("?")) continue;
      if (!holds(kind, value)) {
        throw new FrameError(
          "bad-frame",
          `"${name}" of a ${known.kind} frame is ${describe(value)} instead of ${kind}`,
        );
      }
      frame[name] = value;
    }
    return frame as FrameOf<P>;
  }
}

function decodeMap(bytes: Uint8Array): Map<unknown, unknown> {
  let decoded: unknown;
  try {
    decoded = decode(bytes, {
      useMaps: true,
      strict: true,
      allowIndefinite: false,
      rejectDuplicateMapKeys: true,
    });
  } catch (error) {
    throw new FrameError("bad-frame", `a frame is no CBOR: ${(error as Error).message}`);
  }
  if (!(decoded instanceof Map)) throw new FrameError("bad-frame", "a frame is no CBOR map");
  return decoded;
}

function holds(kind: string, value: unknown): boolean {
  switch (kind.endsWith("?") ? kind.slice(0, -1) : kind) {
    case "uint":
      return isUint(value);
    case "text":
      return typeof value === "string";
    case "bytes":
      return value instanceof Uint8Array;
    case "texts":
      return Array.isArray(value) && value.every((item) => typeof item === "string");
    case "blobs":
      return Array.isArray(value) && value.every((item) => item instanceof Uint8Array);
    default:
      return false;
  }
}

function isUint(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function describe(value: unknown): string {
  return value === undefined ? "missing" : Array.isArray(value) ? "an array" : typeof value;
}
