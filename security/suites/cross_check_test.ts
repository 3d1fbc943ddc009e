/** What the suites make, made again with other implementations from the documents alone. @module */
import assert from "node:assert/strict";
import { createDecipheriv, createHash } from "node:crypto";
import { createIdentity } from "../identity.ts";
import { nodeIdBytes } from "../node_id.ts";
import { agreePair, offerPair, type PairRoles } from "./pair.ts";
import { loadLayers, SealedLane } from "./suites.ts";

const utf8 = new TextEncoder();

/** HKDF-SHA256 (RFC 5869) by WebCrypto. */
async function hkdf(ikm: Uint8Array, salt: Uint8Array, info: Uint8Array): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey("raw", ikm as BufferSource, "HKDF", false, [
    "deriveBits",
  ]);
  const parameters = { name: "HKDF", hash: "SHA-256", salt, info } as HkdfParams;
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, key, 256));
}

Deno.test("Suite libsodium is ChaCha20-Poly1305 with the key, nonce and header that it documents", async () => {
  const secret = new Uint8Array(32).fill(1);
  const realmId = new Uint8Array(32).fill(2);
  const secrets = { sending: secret, receiving: new Uint8Array(32) };
  const lane = new SealedLane(await loadLayers(), secrets, "control");
  const header = utf8.encode("header");
  lane.seal("libsodium", realmId, header, utf8.encode("first"));
  const sealed = lane.seal("libsodium", realmId, header, utf8.encode("second"));

  assert.deepEqual(sealed.subarray(0, 8), Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 2));
  const label = utf8.encode("macula/suite/libsodium/v1\0");
  const info = Uint8Array.of(...label, ...realmId, ...utf8.encode("control/0"));
  const key = await hkdf(secret, new Uint8Array(), info);
  const nonce = Uint8Array.of(0, 0, 0, 0, ...sealed.subarray(0, 8));
  const opened = createDecipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 });
  opened.setAAD(header, { plaintextLength: 6 });
  opened.setAuthTag(sealed.subarray(-16));
  const text = opened.update(sealed.subarray(8, -16));
  opened.final();
  assert.equal(text.toString(), "second");
});

Deno.test("The secrets of a pair are X25519 and HKDF over what its documentation names", async () => {
  const [alice, bob] = [createIdentity(), createIdentity()];
  const asAlice: PairRoles = { self: alice.nodeId, peer: bob.nodeId, dialled: true };
  const asBob: PairRoles = { self: bob.nodeId, peer: alice.nodeId, dialled: false };
  const [a, b] = [offerPair(alice, asAlice), offerPair(bob, asBob)];
  const pkcs8 = Uint8Array.of(
    ...Uint8Array.fromHex("302e020100300506032b656e04220420"),
    ...a.privateKey,
  );
  const own = await crypto.subtle.importKey("pkcs8", pkcs8, "X25519", false, ["deriveBits"]);
  const peerKey = b.offer.slice(0, 32) as BufferSource;
  const theirs = await crypto.subtle.importKey("raw", peerKey, "X25519", false, []);
  const shared = new Uint8Array(
    await crypto.subtle.deriveBits({ name: "X25519", public: theirs }, own, 256),
  );
  const label = utf8.encode("macula/pair/v1\0");
  const salt = createHash("sha256").update(label).update(a.offer).update(b.offer).digest();
  const info = (from: typeof alice, to: typeof alice) =>
    Uint8Array.of(...label, ...nodeIdBytes(from.nodeId), ...nodeIdBytes(to.nodeId));
  const expected = {
    sending: await hkdf(shared, salt, info(alice, bob)),
    receiving: await hkdf(shared, salt, info(bob, alice)),
  };
  assert.deepEqual(agreePair(asAlice, a, bob.publicKey, b.offer), expected);
});
