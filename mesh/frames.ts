import { FrameCodec, type FrameOf } from "../transport/mod.ts";

/**
 * The frames between two nodes' meshes. `publication` travels on the streams of publications, the
 * rest on the control stream. The publisher of a publication is the peer, its incarnation that of
 * the peer's hello: nothing is relayed yet.
 */
export const MESH_FRAMES = {
  /** Send me what is published on topics that match. Answered by `confirmed` with the same id. */
  subscribe: { type: 2, fields: { id: [1, "uint"], pattern: [2, "text"] } },
  confirmed: { type: 4, fields: { id: [1, "uint"] } },
  unsubscribe: { type: 6, fields: { pattern: [1, "text"] } },
  /** I serve this procedure. Answered by `confirmed` with the same id. */
  register: { type: 8, fields: { id: [1, "uint"], procedure: [2, "text"] } },
  unregister: { type: 10, fields: { procedure: [1, "text"] } },
  /** What I subscribe to and serve at the start of this connection has been said. */
  synced: { type: 12, fields: {} },
  /** Call a procedure; answered by `result` or `failure` with the same id. */
  call: {
    type: 14,
    fields: {
      id: [1, "uint"],
      procedure: [2, "text"],
      args: [3, "bytes"],
      remainingMs: [4, "uint"],
    },
  },
  /** Message an exposed actor; `mode` as {@link INVOKE_MODES}, id 0 and no answer for a tell. */
  invoke: {
    type: 16,
    fields: {
      id: [1, "uint"],
      realm: [2, "text"],
      name: [3, "text"],
      handler: [4, "text"],
      args: [5, "bytes"],
      remainingMs: [6, "uint"],
      mode: [7, "uint"],
    },
  },
  result: { type: 18, fields: { id: [1, "uint"], value: [2, "bytes"] } },
  /** `data` is an encoded value: the error's facts by name. */
  failure: {
    type: 20,
    fields: { id: [1, "uint"], code: [2, "text"], message: [3, "text"], data: [4, "bytes"] },
  },
  /** One message of a topic, numbered by its publisher from 1 up, per topic. */
  publication: {
    type: 22,
    fields: { topic: [1, "text"], sequence: [2, "uint"], payload: [3, "bytes"] },
  },
  /** Another peer of mine, and where I see it: dial it, if you want to meet it. */
  introduce: { type: 3, fields: { peer: [1, "text"], host: [2, "text"], port: [3, "uint"] } },
  /** How many publications of this connection have been handed to subscribers so far. */
  acknowledge: { type: 1, fields: { count: [1, "uint"] } },
} as const;

/** Any frame of the mesh. */
export type MeshFrame = FrameOf<typeof MESH_FRAMES>;

/** The mesh's codec. */
export const meshCodec = new FrameCodec(MESH_FRAMES);

/** What the sender of an `invoke` waits for. */
export const INVOKE_MODES = { tell: 0, send: 1, ask: 2 } as const;

/** Name of an {@link INVOKE_MODES} entry. */
export type InvokeMode = keyof typeof INVOKE_MODES;
