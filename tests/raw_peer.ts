/**
 * A peer that speaks QUIC and TLS well, and may do as it likes above them.
 *
 * @module
 */
import { encode } from "cborg";
import { headerCodec, type HEADERS, type MESH_FRAMES, meshCodec } from "../mesh/frames.ts";
import { openRealmId } from "../mesh/realm_id.ts";
import { sealedFrame } from "../mesh/sealed_frame.ts";
import { createIdentity, issueCertificate, offerPair } from "../security/mod.ts";
import type { FieldsOf } from "../transport/frames.ts";
import { encodeHello, PROTOCOL_VERSIONS } from "../transport/hello.ts";
import { type NodeAddress, parseNodeAddress, prefixed } from "../transport/mod.ts";
import { TestEndpoint, type Watched } from "../transport/quic_testing.ts";
import { REFUSAL_CODES, type RefusalCode } from "../transport/refusal.ts";

/** Largest frame that it sends, in bytes. */
export const LIMIT = 1_048_576;

interface Credentials {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

type Scope = "realm" | "policy" | "suite";
type Kind = keyof typeof HEADERS;
/** The fields of a header that are not its scope. */
type Own<K extends Kind> = Omit<FieldsOf<(typeof HEADERS)[K]>, Scope>;

/** Any frame, well-formed as CBOR, its length before it. */
export function rawFrame(fields: [number, unknown][]): Uint8Array {
  return prefixed(encode(new Map(fields)), LIMIT);
}

/** A frame of the mesh's, its length before it. */
export function meshFrame<K extends keyof typeof MESH_FRAMES>(
  kind: K,
  fields: FieldsOf<(typeof MESH_FRAMES)[K]>,
): Uint8Array {
  return prefixed(meshCodec.encode(kind, fields), LIMIT);
}

/** The id of a realm in the network that nodes are of unless they say so. */
export function realmId(alias: string): Uint8Array {
  return openRealmId("macula", alias);
}

/** A frame that crosses a realm, under suite `none` unless named. */
export function crossing<K extends Kind>(
  alias: string,
  kind: K,
  own: Own<K>,
  body: Uint8Array,
  suite = "none",
): Uint8Array {
  const scope = { realm: realmId(alias), policy: new Uint8Array(32), suite };
  return sealedFrame(headerCodec.encode(kind, { ...scope, ...own } as never), body, LIMIT);
}

/** A peer of a node under test. */
export class RawPeer implements AsyncDisposable {
  readonly identity = createIdentity();
  readonly endpoint: TestEndpoint;
  readonly watched: Watched;
  readonly #node: NodeAddress;
  readonly #control: number;

  private constructor(address: string, credentials?: Credentials) {
    this.#node = parseNodeAddress(address);
    this.endpoint = new TestEndpoint({
      credentials: credentials ?? issueCertificate(this.identity, { now: Date.now() }),
      // Nodes that hear of it dial it: it is not at home.
      accept: (connection) => connection.close(1, "not at home"),
    });
    const { host, port } = this.#node;
    this.watched = this.endpoint.dial({ host, port });
    this.#control = this.watched.connection.openBidi();
  }

  static async dial(address: string, credentials?: Credentials): Promise<RawPeer> {
    const peer = new RawPeer(address, credentials);
    await Promise.race([peer.watched.established, peer.watched.closed]);
    if (!peer.watched.connection.closeReason) peer.watched.connection.admit();
    return peer;
  }

  /** @param offer its half of the key exchange; a good one unless named */
  hello(network = "macula", nodeId = this.identity.nodeId, offer = this.#offer()): void {
    const self = { nodeId, network, versions: PROTOCOL_VERSIONS, incarnation: 1 };
    this.send(prefixed(encodeHello(self, { host: "127.0.0.1", port: 1 }, offer), LIMIT));
  }

  send(bytes: Uint8Array): void {
    this.watched.connection.write(this.#control, bytes);
  }

  /** Writes to a stream of publications. */
  publish(bytes: Uint8Array): void {
    this.watched.connection.write(this.watched.connection.openUni(), bytes);
  }

  /** Name of the code with which the node closes the connection. */
  async refusal(): Promise<RefusalCode | "other"> {
    const { app, by, code } = await this.watched.closed;
    const found = Object.entries(REFUSAL_CODES).find(([, number]) => number === code);
    return app && by === "peer" && found ? found[0] as RefusalCode : "other";
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.endpoint[Symbol.asyncDispose]();
  }

  #offer(): Uint8Array {
    const { nodeId: self } = this.identity;
    return offerPair(this.identity, { self, peer: this.#node.nodeId, dialled: true }).offer;
  }
}
