import assert from "node:assert/strict";
import fc from "fast-check";
import {
  generateSigningKey,
  isSafePublicKey,
  parseSigningKey,
  sha256,
  verifySignature,
} from "./ed25519.ts";

const hex = (text: string) => Uint8Array.fromHex(text);
const utf8 = (text: string) => new TextEncoder().encode(text);
const seeded = (seed: Uint8Array) => generateSigningKey(() => seed);

Deno.test("a signing key gives the public keys and signatures of RFC 8032, section 7.1", () => {
  const vectors = [
    {
      seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
      message: "",
      signature: "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155" +
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    },
    {
      seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
      message: "72",
      signature: "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    },
  ];
  for (const { seed, publicKey, message, signature } of vectors) {
    const key = seeded(hex(seed));
    assert.equal(key.publicKey.toHex(), publicKey);
    assert.equal(key.sign(hex(message)).toHex(), signature);
    assert.equal(verifySignature(hex(publicKey), hex(message), hex(signature)), true);
  }
});

Deno.test("parseSigningKey() reads back what exportPem() writes", () => {
  const key = generateSigningKey();
  const again = parseSigningKey(key.exportPem());
  assert.deepEqual(again.publicKey, key.publicKey);
  assert.deepEqual(again.sign(utf8("hello")), key.sign(utf8("hello")));
});

Deno.test("parseSigningKey() refuses what is no Ed25519 private key", async () => {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "sign",
  ]) as CryptoKeyPair;
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const foreign = `-----BEGIN PRIVATE KEY-----\n${pkcs8.toBase64()}\n-----END PRIVATE KEY-----\n`;
  assert.throws(() => parseSigningKey(foreign), { name: "SyntaxError", message: /not Ed25519/ });
  const good = generateSigningKey().exportPem();
  for (const pem of ["", "hello", good.slice(0, 60), good.replace("PRIVATE", "PUBLIC")]) {
    assert.throws(() => parseSigningKey(pem), SyntaxError, JSON.stringify(pem));
  }
});

Deno.test("generateSigningKey() refuses a source of randomness that returns too little", () => {
  assert.throws(() => generateSigningKey(() => new Uint8Array(31)), RangeError);
});

Deno.test("verifySignature() accepts a signature for its message and key alone", () => {
  const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });
  fc.assert(
    fc.property(seeds, fc.uint8Array({ maxLength: 64 }), fc.nat(511), (seed, message, bit) => {
      const key = seeded(seed);
      const signature = key.sign(message);
      assert.equal(verifySignature(key.publicKey, message, signature), true);
      const flipped = signature.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      assert.equal(verifySignature(key.publicKey, message, flipped), false);
      const otherKey = key.publicKey.slice();
      otherKey[bit >> 4]! ^= 1 << (bit & 7);
      assert.equal(verifySignature(otherKey, message, signature), false);
      assert.equal(verifySignature(key.publicKey, Uint8Array.of(...message, 0), signature), false);
    }),
  );
});

Deno.test("verifySignature() returns false for keys and signatures of any other form", () => {
  const key = generateSigningKey();
  const signature = key.sign(utf8("m"));
  for (const wrong of [new Uint8Array(0), signature.slice(0, 63), Uint8Array.of(...signature, 0)]) {
    assert.equal(verifySignature(key.publicKey, utf8("m"), wrong), false);
  }
  for (const wrong of [new Uint8Array(0), key.publicKey.slice(1), new Uint8Array(33)]) {
    assert.equal(verifySignature(wrong, utf8("m"), signature), false);
  }
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  fc.assert(
    fc.property(bytes(32), bytes(64), (publicKey, junk) => {
      assert.equal(verifySignature(publicKey, utf8("m"), junk), false);
    }),
  );
});

// The curve −x² + y² = 1 + d·x²·y² over p = 2²⁵⁵ − 19, written out once more from RFC 8032, so that
// the table of small orders is derived and not believed.
const P = 2n ** 255n - 19n;
const mod = (n: bigint) => ((n % P) + P) % P;
function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let b = mod(base), e = exponent; e > 0n; e >>= 1n, b = mod(b * b)) {
    if (e & 1n) result = mod(result * b);
  }
  return result;
}
const inverse = (n: bigint) => power(n, P - 2n);
const D = mod(-121665n * inverse(121666n));

/** y of 2·(x, y), from y alone: x² follows from the curve. */
function doubledY(y: bigint): bigint {
  const yy = mod(y * y);
  const xx = mod((yy - 1n) * inverse(mod(D * yy + 1n)));
  return mod((yy + xx) * inverse(mod(1n - mod(D * xx * yy))));
}

function encodeY(y: bigint, sign: 0 | 1): Uint8Array {
  const bytes = new Uint8Array(32);
  for (let i = 0; i < 32; i++) bytes[i] = Number((y >> BigInt(8 * i)) & 0xffn);
  bytes[31]! |= sign << 7;
  return bytes;
}

Deno.test("isSafePublicKey() refuses every point of small order, under both signs", () => {
  // Points of order 8 double to y = 0, where x² = −y²; so d·y⁴ + 2·y² − 1 = 0, solved for y².
  const sqrtMinus1 = power(2n, (P - 1n) / 4n);
  const root = (n: bigint) => {
    const candidate = power(n, (P + 3n) / 8n);
    return [candidate, mod(candidate * sqrtMinus1)].find((r) => mod(r * r) === mod(n));
  };
  const discriminant = root(1n + D)!;
  const eighths = [discriminant - 1n, -discriminant - 1n]
    .map((n) => root(mod(n * inverse(D))))
    .filter((y) => y !== undefined)
    .flatMap((y) => [y, mod(-y)]);
  assert.equal(eighths.length, 2);
  for (const y of eighths) assert.equal(doubledY(y), 0n);

  for (const y of [0n, 1n, P - 1n, ...eighths]) {
    assert.equal(doubledY(doubledY(doubledY(y))), 1n, "8·P is the neutral element");
    assert.equal(isSafePublicKey(encodeY(y, 0)), false);
    assert.equal(isSafePublicKey(encodeY(y, 1)), false);
  }
});

Deno.test("isSafePublicKey() refuses every y that is not below p, under both signs", () => {
  for (let y = P; y < 2n ** 255n; y++) {
    assert.equal(isSafePublicKey(encodeY(y, 0)), false);
    assert.equal(isSafePublicKey(encodeY(y, 1)), false);
  }
  for (const y of [2n, 3n, P - 2n, P - 3n, P - 256n, 2n ** 254n - 1n]) {
    assert.equal(isSafePublicKey(encodeY(y, 0)), true);
    assert.equal(isSafePublicKey(encodeY(y, 1)), true);
  }
});

Deno.test("verifySignature() refuses keys of small order, which node:crypto accepts", async () => {
  const { createPublicKey, verify } = await import("node:crypto");
  const neutral = encodeY(1n, 0);
  const signature = Uint8Array.of(...neutral, ...new Uint8Array(32));
  const x = neutral.toBase64({ alphabet: "base64url", omitPadding: true });
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  assert.equal(verify(null, utf8("any message"), key, signature), true, "the known-bad case");
  assert.equal(verifySignature(neutral, utf8("any message"), signature), false);
});

Deno.test("verifySignature() refuses nonces of small order, which node:crypto accepts", async () => {
  // With r = 0, R is the neutral element and S = k·a mod L gives the private key away.
  const { createHash, createPublicKey, verify } = await import("node:crypto");
  const sha512 = (...parts: Uint8Array[]) =>
    parts.reduce((hash, part) => hash.update(part), createHash("sha512")).digest();
  const number = (bytes: Uint8Array) => BigInt("0x" + bytes.slice().reverse().toHex());
  const L = 2n ** 252n + 27742317777372353535851937790883648493n;

  const seed = new Uint8Array(32).fill(9);
  const key = seeded(seed);
  const scalar = new Uint8Array(sha512(seed).subarray(0, 32));
  scalar[0]! &= 248;
  scalar[31]! = scalar[31]! & 63 | 64;
  const neutral = encodeY(1n, 0);
  const k = number(new Uint8Array(sha512(neutral, key.publicKey, utf8("m"))));
  const signature = Uint8Array.of(...neutral, ...encodeY((k * number(scalar)) % L, 0));

  const x = key.publicKey.toBase64({ alphabet: "base64url", omitPadding: true });
  const publicKey = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  assert.equal(verify(null, utf8("m"), publicKey, signature), true, "the known-bad case");
  assert.equal(verifySignature(key.publicKey, utf8("m"), signature), false);
});

interface Wycheproof {
  readonly numberOfTests: number;
  readonly testGroups: readonly {
    readonly publicKey: { readonly pk: string };
    readonly tests: readonly {
      readonly tcId: number;
      readonly comment: string;
      readonly msg: string;
      readonly sig: string;
      readonly result: "valid" | "invalid";
    }[];
  }[];
}

const vectors = new URL("../../shared/vectors/wycheproof/ed25519_test.json", import.meta.url);
Deno.test({
  name: "verifySignature() agrees with the Wycheproof vectors for Ed25519",
  ignore: !present(vectors),
  fn() {
    const suite: Wycheproof = JSON.parse(Deno.readTextFileSync(vectors));
    let count = 0;
    for (const { publicKey, tests } of suite.testGroups) {
      for (const { tcId, comment, msg, sig, result } of tests) {
        const valid = verifySignature(hex(publicKey.pk), hex(msg), hex(sig));
        assert.equal(valid, result === "valid", `case ${tcId}: ${comment}`);
        count++;
      }
    }
    assert.equal(count, suite.numberOfTests);
  },
});

Deno.test("sha256() hashes its parts as one", () => {
  assert.equal(
    sha256(utf8("a"), utf8("bc")).toHex(),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});

function present(url: URL): boolean {
  try {
    return Deno.statSync(url).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
