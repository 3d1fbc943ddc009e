import assert from "node:assert/strict";
import { ALPN } from "./constants.ts";
import { DenoDatagramSocket } from "./deno_datagram_socket.ts";
import type { HostPort } from "./datagram_socket.ts";
import { closeReasonOf } from "./quic_connection.ts";
import { quiche, type QuicheConnection } from "./quiche.ts";
import { testCertificate, TestEndpoint, until } from "./quic_testing.ts";

/** What quiche can do beyond what the endpoint uses: what only a dishonest peer would. */
interface Unruly extends QuicheConnection {
  session(): Uint8Array | null;
  setSession(session: Uint8Array): void;
}

interface UnrulyOptions {
  readonly alpn?: string;
  readonly session?: Uint8Array;
  readonly withoutCertificate?: boolean;
}

/** A client on bare quiche, which does what our endpoint never would. */
class UnrulyClient implements AsyncDisposable {
  readonly quic: Unruly;
  readonly #socket = DenoDatagramSocket.open({ host: "127.0.0.1", port: 0 });

  constructor(remote: HostPort, { alpn = ALPN, session, withoutCertificate }: UnrulyOptions = {}) {
    const { Config, Connection } = quiche();
    const { certificatePem, privateKeyPem } = testCertificate();
    const pem = (text: string): Uint8Array[] =>
      withoutCertificate ? null as never : [new TextEncoder().encode(text)];
    const config = Config.withBoringSslCtx(
      ...[true, true, null] as const,
      pem(privateKeyPem),
      pem(certificatePem),
      "ed25519",
    );
    config.setApplicationProtos([alpn]);
    config.setMaxIdleTimeout(2000);
    const scid = crypto.getRandomValues(new Uint8Array(20));
    const local = this.#socket.address;
    this.quic = Connection.connect(null, scid, local, remote, config) as Unruly;
    if (session) this.quic.setSession(session);
    const flush = (): void => {
      for (let buffer = this.#socket.lend(); buffer; buffer = this.#socket.lend()) {
        const packet = this.quic.send(buffer);
        if (!packet) break;
        this.#socket.send(packet[0], remote);
      }
      this.#socket.flush();
    };
    this.#socket.listen({
      datagram: (bytes, from) => {
        try {
          this.quic.recv(bytes, { from, to: local });
        } catch {
          // Its errors show in localError().
        }
      },
      drained: flush,
      writable: flush,
      failed: (error) => {
        throw error;
      },
    });
    flush();
  }

  /** Waits for the server to close, and tells what it said. */
  async refusal(): Promise<{ code: number; reason: string }> {
    await until(() => this.quic.peerError() !== null || this.quic.isClosed());
    const { code, reason } = closeReasonOf("peer", this.quic.peerError()!);
    return { code, reason };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#socket.close();
  }
}

Deno.test("QuicEndpoint refuses a peer that resumes a TLS session instead of proving its key", async () => {
  await using server = new TestEndpoint();
  await using honest = new UnrulyClient(server.address);
  await server.accepted();
  await until(() => honest.quic.session() !== null);
  await using resuming = new UnrulyClient(server.address, { session: honest.quic.session()! });
  const { reason } = await resuming.refusal();
  assert(resuming.quic.isResumed(), "the session was not resumed: this test proves nothing");
  assert.match(reason, /not resumed/);
  assert.equal(server.endpoint.connections, 1, "the honest one");
});

Deno.test("QuicEndpoint refuses a peer that speaks another protocol, and tells it so", async () => {
  await using server = new TestEndpoint();
  await using other = new UnrulyClient(server.address, { alpn: "h3" });
  assert.match((await other.refusal()).reason, /no application protocol/);
  await until(() => server.endpoint.connections === 0);
  assert.equal(server.endpoint.unverified, 0);
});

Deno.test("QuicEndpoint refuses a peer without a certificate, and tells it so", async () => {
  await using server = new TestEndpoint();
  await using nobody = new UnrulyClient(server.address, { withoutCertificate: true });
  assert.match((await nobody.refusal()).reason, /certificate required/);
  await until(() => server.endpoint.connections === 0);
  assert.equal(server.endpoint.unverified, 0);
});
