import { FrameCodec, type FrameOf } from "../transport/mod.ts";

/**
 * The frames between two nodes' meshes. `sealed` travels on the control stream and on the streams of
 * publications, the rest on the control stream alone. A realm is named by its id: its alias is each
 * node's own, and so what stands behind it in a name is all that a frame has of a name.
 */
export const MESH_FRAMES = {
  /** Send me what is published in the realm and matches. Answered by `confirmed`. */
  subscribe: {
    type: 2,
    fields: { id: [1, "uint"], realm: [2, "bytes"], pattern: [3, "text"] },
  },
  confirmed: { type: 4, fields: { id: [1, "uint"] } },
  unsubscribe: { type: 6, fields: { realm: [1, "bytes"], pattern: [2, "text"] } },
  /** I serve this procedure. Answered by `confirmed`. */
  register: {
    type: 8,
    fields: { id: [1, "uint"], realm: [2, "bytes"], procedure: [3, "text"] },
  },
  unregister: { type: 10, fields: { realm: [1, "bytes"], procedure: [2, "text"] } },
  /** What I subscribe to and serve at the start of this connection has been said. */
  synced: { type: 12, fields: {} },
  /**
   * Whatever crosses a realm: a header, which is a frame of {@link HEADERS}, and a payload that the
   * suite named in the header has sealed with the header as authenticated data.
   */
  sealed: { type: 14, fields: { header: [1, "bytes"], body: [2, "bytes"] } },
  /** A message between the two nodes' DHTs, which belongs to no realm. */
  dht: { type: 16, fields: { message: [1, "bytes"] } },
  /** What the `monitor` of that number watches is watched no longer. */
  demonitor: { type: 18, fields: { id: [1, "uint"] } },
  /** How many publications of this connection have been taken or refused so far. */
  acknowledge: { type: 1, fields: { count: [1, "uint"] } },
  /** What you sent was refused: `id` is that of the request, 0 for what has none. */
  refusal: { type: 3, fields: { id: [1, "uint"], code: [2, "text"], message: [3, "text"] } },
} as const;

/** What every header says: the realm's id, the hash of its policy at the sender, the suite. */
const SCOPE = { realm: [1, "bytes"], policy: [2, "bytes"], suite: [3, "text"] } as const;

/** The headers of sealed frames. */
export const HEADERS = {
  /** One message of a topic, numbered by its publisher from 1 up, per topic. */
  publication: { type: 2, fields: { ...SCOPE, topic: [4, "text"], sequence: [5, "uint"] } },
  /** Call a procedure: the payload is its arguments. Answered by `result`, `failure` or `refusal`. */
  call: {
    type: 4,
    fields: { ...SCOPE, procedure: [4, "text"], id: [5, "uint"], remainingMs: [6, "uint"] },
  },
  /** Message an exposed actor; `mode` as {@link INVOKE_MODES}, id 0 and no answer for a tell. */
  invoke: {
    type: 6,
    fields: {
      ...SCOPE,
      name: [4, "text"],
      id: [5, "uint"],
      remainingMs: [6, "uint"],
      handler: [7, "text"],
      mode: [8, "uint"],
    },
  },
  /** The payload is the result, an encoded value. */
  result: { type: 8, fields: { ...SCOPE, id: [5, "uint"] } },
  /** The payload is an encoded value: `{ code, message, data }`. */
  failure: { type: 10, fields: { ...SCOPE, id: [5, "uint"] } },
  /**
   * Tell me once how the present incarnation of an exposed actor ends. The payload is empty: what is
   * sealed is who asks. Answered by `down` or `refusal`, unless `demonitor` comes first.
   */
  monitor: { type: 12, fields: { ...SCOPE, name: [4, "text"], id: [5, "uint"] } },
  /** The payload is an encoded value, `{ kind, message }`: an exit reason. */
  down: { type: 14, fields: { ...SCOPE, id: [5, "uint"] } },
} as const;

/** Any frame of the mesh. */
export type MeshFrame = FrameOf<typeof MESH_FRAMES>;

/** Any header of a sealed frame. */
export type Header = FrameOf<typeof HEADERS>;

/** The header of a kind. */
export type HeaderOf<K extends Header["kind"]> = Extract<Header, { kind: K }>;

/** A header as it came, read, and the payload that is still sealed. */
export type Sealed<K extends Header["kind"]> = {
  readonly header: HeaderOf<K>;
  readonly bytes: Uint8Array;
  readonly body: Uint8Array;
};

/** The mesh's codec. */
export const meshCodec = new FrameCodec(MESH_FRAMES);

/** The codec of headers. */
export const headerCodec = new FrameCodec(HEADERS);

/** What the sender of an `invoke` waits for. */
export const INVOKE_MODES = { tell: 0, send: 1, ask: 2 } as const;

/** Name of an {@link INVOKE_MODES} entry. */
export type InvokeMode = keyof typeof INVOKE_MODES;
