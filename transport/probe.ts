import { ActorError } from "../actors/mod.ts";
import {
  CertificateError,
  type NodeId,
  systemRandom,
  verifyCertificateChain,
} from "../security/mod.ts";
import type { HostPort } from "./datagram_socket.ts";
import { openDatagramSocket } from "./open_datagram_socket.ts";
import type { Credentials } from "./quic_config.ts";
import { QuicEndpoint } from "./quic_endpoint.ts";
import { REFUSAL_CODES } from "./refusal.ts";

/**
 * Whether a node answers at an address: a handshake from a socket of its own, at the end of which
 * the peer's certificate must prove the id. No hello is said, and the connection is closed at once.
 *
 * @param credentials this node's, which the peer judges as always
 * @throws {ActorError} `unreachable` when nobody answers, `wrong-id` or `bad-certificate` when
 * somebody else does
 */
export async function probe(
  peer: NodeId,
  at: HostPort,
  credentials: Credentials,
): Promise<void> {
  await using opened = new AsyncDisposableStack();
  const host = at.host.includes(":") ? "::" : "0.0.0.0";
  const endpoint = QuicEndpoint.open({
    socket: openDatagramSocket({ host, port: 0 }),
    credentials,
    random: systemRandom,
    accept: (stranger) => stranger.close(REFUSAL_CODES.probe, "this socket only dials"),
  });
  opened.defer(() => endpoint.close());
  const answer = Promise.withResolvers<readonly Uint8Array[]>();
  const connection = endpoint.dial(at);
  connection.listener = {
    established: () => answer.resolve(connection.peerCertificates()),
    closed: ({ reason }) =>
      answer.reject(
        new ActorError("unreachable", `no node answers at ${at.host} port ${at.port}: ${reason}`),
      ),
  };
  const chain = await answer.promise;
  try {
    const { nodeId } = verifyCertificateChain(chain, { now: Date.now() });
    if (nodeId === peer) return;
    const message = `${nodeId} answers at ${at.host} port ${at.port}, not ${peer}`;
    throw new ActorError("wrong-id", message);
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    throw new ActorError("bad-certificate", `at ${at.host} port ${at.port}: ${error.message}`);
  } finally {
    connection.close(REFUSAL_CODES.probe, "this node can be reached");
  }
}
