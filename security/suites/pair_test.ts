import assert from "node:assert/strict";
import fc from "fast-check";
import { concatBytes } from "../bytes.ts";
import { createIdentity, type NewIdentity } from "../identity.ts";
import { nodeIdBytes } from "../node_id.ts";
import { OFFER_LABEL } from "./constants.ts";
import {
  agreePair,
  offerPair,
  PAIR_OFFER_BYTES,
  PairError,
  type PairOffer,
  type PairRoles,
} from "./pair.ts";

const alice = createIdentity();
const bob = createIdentity();
const asAlice: PairRoles = { self: alice.nodeId, peer: bob.nodeId, dialled: true };
const asBob: PairRoles = { self: bob.nodeId, peer: alice.nodeId, dialled: false };

/** An offer of whatever key, signed as it should be. */
function signed(identity: NewIdentity, key: Uint8Array, roles: PairRoles): Uint8Array {
  const role = Uint8Array.of(roles.dialled ? 1 : 0);
  const ids = [nodeIdBytes(roles.self), nodeIdBytes(roles.peer)];
  return concatBytes(key, identity.sign(concatBytes(OFFER_LABEL, key, ...ids, role)));
}

Deno.test("agreePair() gives both sides the same two secrets, one for each direction", () => {
  const [a, b] = [offerPair(alice, asAlice), offerPair(bob, asBob)];
  const atAlice = agreePair(asAlice, a, bob.publicKey, b.offer);
  const atBob = agreePair(asBob, b, alice.publicKey, a.offer);
  assert.deepEqual(atAlice.sending, atBob.receiving);
  assert.deepEqual(atAlice.receiving, atBob.sending);
  assert.notDeepEqual(atAlice.sending, atAlice.receiving);
  assert.equal(atAlice.sending.length, 32);
});

Deno.test("agreePair() has other secrets for every connection, and wipes the private key", () => {
  const once = (): Uint8Array => {
    const [a, b] = [offerPair(alice, asAlice), offerPair(bob, asBob)];
    const { sending } = agreePair(asAlice, a, bob.publicKey, b.offer);
    assert(a.privateKey.every((byte) => byte === 0));
    return sending;
  };
  assert.notDeepEqual(once(), once());
});

Deno.test("offerPair() derives its public key as RFC 7748, 6.1 says", () => {
  const seed = Uint8Array.fromHex(
    "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
  );
  const { offer } = offerPair(alice, asAlice, () => seed.slice());
  assert.equal(
    offer.subarray(0, 32).toHex(),
    "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
  );
});

Deno.test("agreePair() refuses an offer that was not made for this connection", () => {
  const eve = createIdentity();
  const forOthers: readonly [what: string, offer: Uint8Array][] = [
    ["of another node", offerPair(eve, { ...asBob, self: eve.nodeId }).offer],
    ["for another node", offerPair(bob, { ...asBob, peer: eve.nodeId }).offer],
    ["of the other role", offerPair(bob, { ...asBob, dialled: true }).offer],
    ["of this node itself", offerPair(alice, asAlice).offer],
    ["too short", offerPair(bob, asBob).offer.subarray(1)],
    ["too long", concatBytes(offerPair(bob, asBob).offer, new Uint8Array(1))],
    ["empty", new Uint8Array()],
  ];
  for (const [what, offer] of forOthers) {
    const own = offerPair(alice, asAlice);
    assert.throws(() => agreePair(asAlice, own, bob.publicKey, offer), PairError, what);
  }
});

Deno.test("agreePair() refuses an offer with any byte changed", () => {
  const { offer } = offerPair(bob, asBob);
  const place = fc.tuple(fc.nat(PAIR_OFFER_BYTES - 1), fc.integer({ min: 1, max: 255 }));
  fc.assert(
    fc.property(place, ([at, mask]) => {
      const changed = offer.slice();
      changed[at]! ^= mask;
      const own = offerPair(alice, asAlice);
      assert.throws(() => agreePair(asAlice, own, bob.publicKey, changed), PairError);
    }),
    { numRuns: 50 },
  );
});

Deno.test("agreePair() refuses keys of small order, though their owner has signed them", () => {
  // The points of small order of Curve25519, little-endian (RFC 7748, 6.1; libsodium's blocklist).
  const small = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  ];
  for (const hex of small) {
    const theirs = signed(bob, Uint8Array.fromHex(hex), asBob);
    const own: PairOffer = offerPair(alice, asAlice);
    assert.throws(
      () => agreePair(asAlice, own, bob.publicKey, theirs),
      { name: "PairError", message: /small order/ },
      hex,
    );
  }
});
