/**
 * The far side of `deno_quic.ts`: accepts, echoes and counts.
 *
 * @module
 */
import "reflect-metadata";
import { SubjectAlternativeNameExtension, X509CertificateGenerator } from "@peculiar/x509";
import { Buffer } from "node:buffer";
import { orders, say } from "../far_side.ts";
import { digestOf } from "../workload.ts";
import { ALPN, type FarQuic, SERVER_NAME } from "./deno_quic.ts";
import { COUNT, encodeCount } from "./streams.ts";

/** How long the certificate is valid, in ms. */
const LIFETIME_MS = 3_600_000;

/** What the last counted stream brought; hashed when asked, so that hashing costs no run any time. */
let chunks: Uint8Array[] = [];

async function makeCertificate(): Promise<{ cert: string; key: string }> {
  const keys = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  const now = Date.now();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${SERVER_NAME}`,
    notBefore: new Date(now - LIFETIME_MS),
    notAfter: new Date(now + LIFETIME_MS),
    signingAlgorithm: { name: "Ed25519" },
    keys: keys as CryptoKeyPair,
    extensions: [new SubjectAlternativeNameExtension([{ type: "dns", value: SERVER_NAME }])],
  });
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", (keys as CryptoKeyPair).privateKey);
  const base64 = Buffer.from(pkcs8).toString("base64");
  return {
    cert: certificate.toString("pem"),
    key: `-----BEGIN PRIVATE KEY-----\n${base64}\n-----END PRIVATE KEY-----\n`,
  };
}

async function serveConnection(connection: Deno.QuicConn): Promise<void> {
  for await (const stream of connection.incomingBidirectionalStreams) {
    serveStream(stream).catch(() => {/* the dialler has closed; it says so if that was wrong */});
  }
}

async function serveStream({ readable, writable }: Deno.QuicBidirectionalStream): Promise<void> {
  const writer = writable.getWriter();
  let kind: number | undefined;
  let count = 0;
  for await (const bytes of readable) {
    let payload = bytes;
    if (kind === undefined) {
      [kind = 0] = bytes;
      payload = bytes.subarray(1);
      if (kind === COUNT) chunks = [];
    }
    if (kind === COUNT) {
      chunks.push(payload);
      count += payload.length;
    } else if (payload.length > 0) {
      await writer.write(payload);
    }
  }
  if (kind === COUNT) await writer.write(encodeCount(count));
  await writer.close();
}

async function accept(listener: Deno.QuicListener): Promise<void> {
  for await (const incoming of listener) {
    const connection = await incoming.accept();
    serveConnection(connection).catch(() => {/* closed by the dialler */});
  }
}

const { cert, key } = await makeCertificate();
const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });
const accepting = accept(endpoint.listen({ cert, key, alpnProtocols: [ALPN] }));
accepting.catch(() => {/* the endpoint was closed */});
say({ port: endpoint.addr.port, certificate: cert } satisfies FarQuic);
for await (const _digest of orders<"digest">()) say({ digest: digestOf(chunks) });
endpoint.close();
