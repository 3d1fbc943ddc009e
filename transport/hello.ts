import { type NodeId, parseNodeId } from "../security/mod.ts";
import { FrameCodec, FrameError, type FrameOf } from "./frames.ts";
import { MAX_NETWORK_LENGTH } from "./wire_constants.ts";
import type { Refusal } from "./refusal.ts";

/** The protocol versions that this build speaks, oldest and newest. */
export const PROTOCOL_VERSIONS: readonly [number, number] = [1, 1];

const HELLO_FRAMES = {
  /**
   * The first frame in each direction of the control stream. The acceptor's is its verdict: it is
   * sent only after the dialler's certificate and hello were found good.
   */
  hello: {
    type: 0,
    fields: {
      network: [1, "text"],
      oldest: [2, "uint"],
      newest: [3, "uint"],
      incarnation: [4, "uint"],
      nodeId: [5, "text"],
      observedHost: [6, "text"],
      observedPort: [7, "uint"],
      capabilities: [8, "texts"],
      /** This side's half of the key exchange for suites (`security/suites/pair.ts`). */
      offer: [9, "bytes"],
    },
  },
} as const;

/** A hello as it travels. */
export type Hello = Omit<FrameOf<typeof HELLO_FRAMES>, "kind">;

/** What this node says of itself when a connection begins. */
export interface HelloIdentity {
  readonly nodeId: NodeId;
  /** Networks never mix. */
  readonly network: string;
  readonly versions: readonly [number, number];
  /** Grows with every start of the node. */
  readonly incarnation: number;
}

const codec = new FrameCodec(HELLO_FRAMES);

/**
 * This node's hello to a peer that it sees at `observed`.
 *
 * @param offer made for this connection
 */
export function encodeHello(
  self: HelloIdentity,
  observed: { readonly host: string; readonly port: number },
  offer: Uint8Array,
): Uint8Array {
  return codec.encode("hello", {
    network: self.network,
    oldest: self.versions[0],
    newest: self.versions[1],
    incarnation: self.incarnation,
    nodeId: self.nodeId,
    observedHost: observed.host,
    observedPort: observed.port,
    capabilities: [],
    offer,
  });
}

/**
 * Reads a hello.
 *
 * @throws {FrameError} when the bytes are none
 */
export function decodeHello(bytes: Uint8Array): Hello {
  const frame = codec.decode(bytes);
  if (!frame) throw new FrameError("bad-frame", "the first frame is no hello");
  return frame;
}

/**
 * Judges a peer's hello.
 *
 * @param self what this node is
 * @param proven the id that the peer's certificate proves
 * @returns the newest protocol version that both speak, or why the peer is refused
 */
export function judgeHello(
  self: HelloIdentity,
  proven: NodeId,
  hello: Hello,
): { readonly version: number } | Refusal {
  if (hello.network !== self.network) {
    const theirs = hello.network.slice(0, MAX_NETWORK_LENGTH);
    return {
      code: "wrong-network",
      message: `the peer is of network "${theirs}", this node of "${self.network}"`,
    };
  }
  if (!isId(hello.nodeId) || hello.nodeId !== proven) {
    return { code: "wrong-id", message: `the hello names another node than the certificate` };
  }
  const newest = Math.min(self.versions[1], hello.newest);
  if (newest < Math.max(self.versions[0], hello.oldest)) {
    return {
      code: "wrong-version",
      message: `the peer speaks protocol ${hello.oldest} to ${hello.newest}, this node ` +
        `${self.versions[0]} to ${self.versions[1]}: upgrade the older of the two`,
    };
  }
  return { version: newest };
}

function isId(text: string): boolean {
  try {
    parseNodeId(text);
    return true;
  } catch {
    // Whatever is wrong with it, it is no id.
    return false;
  }
}
