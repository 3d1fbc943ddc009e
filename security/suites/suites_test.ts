import assert from "node:assert/strict";
import fc from "fast-check";
import { SealError } from "./layer.ts";
import { type Layers, loadLayers, SealedLane, UnknownSuiteError } from "./suites.ts";
import { suiteProperties, SUPPORTED_SUITES } from "../policy/suites_known.ts";

const layers = await loadLayers();
const secret = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
const REALM = secret(9);
const HEADER = Uint8Array.of(1, 2, 3);

/** The two ends of one stream. */
function pair(lane = "control", of: Layers = layers): readonly [SealedLane, SealedLane] {
  const [ab, ba] = [secret(1), secret(2)];
  return [
    new SealedLane(of, { sending: ab, receiving: ba }, lane),
    new SealedLane(of, { sending: ba, receiving: ab }, lane),
  ];
}

// Every suite that policies may name, under the same promises.
for (const suite of SUPPORTED_SUITES) {
  Deno.test(`Suite ${suite} opens what it has sealed, in order, in both directions`, () => {
    const [alice, bob] = pair();
    const messages = fc.array(fc.tuple(fc.boolean(), fc.uint8Array(), fc.uint8Array()));
    fc.assert(fc.property(messages, (sent) => {
      for (const [forth, header, payload] of sent) {
        const [from, to] = forth ? [alice, bob] : [bob, alice];
        const sealed = from.seal(suite, REALM, header, payload);
        assert.deepEqual(to.open(suite, REALM, header, sealed), payload);
      }
    }));
  });

  Deno.test(`Suite ${suite} leaves the payload as it was`, () => {
    const [alice] = pair();
    const payload = Uint8Array.of(5, 6);
    alice.seal(suite, REALM, HEADER, payload);
    assert.deepEqual(payload, Uint8Array.of(5, 6));
  });

  if (!suiteProperties(suite)?.includes("sender-auth")) continue;

  Deno.test(`Suite ${suite} refuses a header or payload with any bit changed`, () => {
    fc.assert(fc.property(fc.uint8Array(), fc.nat(), fc.nat(7), (payload, place, bit) => {
      const [alice, bob] = pair();
      const sealed = alice.seal(suite, REALM, HEADER, payload);
      const whole = [...HEADER, ...sealed];
      whole[place % whole.length]! ^= 1 << bit;
      const header = Uint8Array.from(whole.slice(0, HEADER.length));
      const body = Uint8Array.from(whole.slice(HEADER.length));
      assert.throws(() => bob.open(suite, REALM, header, body), SealError);
      // What was refused has changed nothing: the true one is opened yet.
      assert.deepEqual(bob.open(suite, REALM, HEADER, sealed), payload);
    }));
  });

  Deno.test(`Suite ${suite} opens nothing twice, and nothing behind a later one`, () => {
    const [alice, bob] = pair();
    const sealed = [1, 2, 3].map((n) => alice.seal(suite, REALM, HEADER, Uint8Array.of(n)));
    const open = (n: number) => bob.open(suite, REALM, HEADER, sealed[n] as Uint8Array);
    open(0);
    assert.throws(() => open(0), { code: "replayed" });
    open(2); // one between the two was lost with its stream, or refused
    assert.throws(() => open(1), { code: "replayed" });
  });

  Deno.test(`Suite ${suite} has keys of its own for each realm, stream, direction and pair`, () => {
    const [alice, bob] = pair();
    const sealed = alice.seal(suite, REALM, HEADER, secret(7));
    const [, elsewhere] = pair("publications");
    const stranger = new SealedLane(
      layers,
      { sending: secret(3), receiving: secret(4) },
      "control",
    );
    const wrong: readonly [what: string, open: () => Uint8Array][] = [
      ["another realm", () => bob.open(suite, secret(8), HEADER, sealed)],
      ["another stream", () => elsewhere.open(suite, REALM, HEADER, sealed)],
      ["the sender's own direction", () => alice.open(suite, REALM, HEADER, sealed)],
      ["another pair", () => stranger.open(suite, REALM, HEADER, sealed)],
    ];
    for (const [what, open] of wrong) assert.throws(open, { code: "bad-seal" }, what);
  });

  Deno.test(`Suite ${suite} throws a SealError for whatever else comes`, () => {
    const [, bob] = pair();
    fc.assert(fc.property(fc.uint8Array(), fc.uint8Array(), (header, body) => {
      assert.throws(() => bob.open(suite, REALM, header, body), SealError);
    }));
  });

  Deno.test(`Suite ${suite} shows nothing of the payload, and seals it differently each time`, () => {
    const [alice] = pair();
    const payload = new TextEncoder().encode("attack at dawn, attack at dawn");
    const [one, two] = [0, 1].map(() => alice.seal(suite, REALM, HEADER, payload).toHex());
    assert.notEqual(one, two);
    assert(!one?.includes(payload.toHex().slice(0, 16)));
  });
}

Deno.test("SealedLane refuses a suite that it does not have", () => {
  const [alice] = pair();
  for (const suite of ["", "libsodim", "double-ratchet", "libsodium+", "__proto__"]) {
    assert.throws(() => alice.seal(suite, REALM, HEADER, HEADER), UnknownSuiteError, suite);
    assert.throws(() => alice.open(suite, REALM, HEADER, HEADER), UnknownSuiteError, suite);
  }
});

Deno.test("SealedLane applies the layers of a chain in order, each with a key of its own", () => {
  const [alice, bob] = pair();
  const payload = new Uint8Array(64);
  const twice = alice.seal("libsodium+libsodium", REALM, HEADER, payload);
  assert.deepEqual(bob.open("libsodium+libsodium", REALM, HEADER, twice), payload);
  // With one key and one nonce for both layers the streams would cancel each other out.
  assert(twice.subarray(16, 48).some((byte) => byte !== 0), "the second layer undid the first");
});
