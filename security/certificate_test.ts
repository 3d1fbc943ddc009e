import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createPublicKey, X509Certificate } from "node:crypto";
import fc from "fast-check";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import {
  bindingStatement,
  issueCertificate,
  verifyCertificate,
  verifyCertificateChain,
} from "./certificate.ts";
import {
  type CertificateFields,
  decodeCertificate,
  encodeCertificate,
  encodeToBeSigned,
} from "./certificate_der.ts";
import { CertificateError, type CertificateErrorCode } from "./certificate_error.ts";
import { NODE_KEY_EXTENSION_OID } from "./constants.ts";
import { DerTag, encodeDer, encodeOid } from "./der.ts";
import { encodeSpki, generateSigningKey, type SigningKey } from "./ed25519.ts";
import { createIdentity, type Identity, inceptionNodeId } from "./identity.ts";

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 4, 1, 12);
const ALICE = createIdentity(seededRandom(1));
const MALLORY = createIdentity(seededRandom(100));
const ISSUED = issueCertificate(ALICE, { now: NOW, random: seededRandom(50) });

/** Fills each request with the next number. */
function seededRandom(start: number): (length: number) => Uint8Array {
  let next = start;
  return (length) => new Uint8Array(length).fill(next++);
}

function refusal(action: () => unknown): CertificateErrorCode {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof CertificateError, String(error));
    assert.ok(error.message.includes(error.code));
    return error.code;
  }
  return assert.fail("the certificate was accepted");
}

const judge = (der: Uint8Array, now = NOW) => refusal(() => verifyCertificate(der, { now }));

/** What an honest node would certify for a key of its own; tests then change some of it. */
function honestFields(identity: Identity, key: SigningKey): CertificateFields {
  const notBefore = NOW / 1000 - 60;
  const notAfter = NOW / 1000 + 3600;
  const statement = bindingStatement(
    identity.nodeId,
    encodeSpki(key.publicKey),
    notBefore,
    notAfter,
  );
  return {
    serial: Uint8Array.of(1),
    notBefore,
    notAfter,
    publicKey: key.publicKey,
    extension: {
      inception: identity.inception,
      nodeKey: identity.publicKey,
      signature: identity.sign(statement),
    },
  };
}

/** Signs fields, honest or not, with a certificate's own key. */
function certify(key: SigningKey, fields: CertificateFields): Uint8Array {
  const toBeSigned = encodeToBeSigned(fields);
  return encodeCertificate(toBeSigned, key.sign(toBeSigned));
}

Deno.test("verifyCertificate() proves the node id of what issueCertificate() made", () => {
  const verified = verifyCertificate(ISSUED.der, { now: NOW });
  assert.equal(verified.nodeId, ALICE.nodeId);
  assert.deepEqual(verified.nodeKey, ALICE.publicKey);
  assert.deepEqual(verified.inception, ALICE.inception);
  assert.deepEqual(verified.spki, ISSUED.spki);
  assert.equal(verified.notBefore, ISSUED.notBefore);
  assert.equal(verified.notAfter, ISSUED.notAfter);
});

Deno.test("issueCertificate() takes a fresh key and serial number each time", () => {
  const [a, b] = [issueCertificate(ALICE, { now: NOW }), issueCertificate(ALICE, { now: NOW })];
  assert.notDeepEqual(a.spki, b.spki);
  assert.notEqual(
    new X509Certificate(a.certificatePem).serialNumber,
    new X509Certificate(b.certificatePem).serialNumber,
  );
});

Deno.test("issueCertificate() makes certificates that two other X.509 readers understand", async () => {
  const node = new X509Certificate(ISSUED.certificatePem);
  assert.equal(node.subject, "CN=macula");
  assert.equal(node.issuer, "CN=macula");
  assert.equal(Date.parse(node.validFrom), ISSUED.notBefore);
  assert.equal(Date.parse(node.validTo), ISSUED.notAfter);
  assert.equal(node.verify(node.publicKey), true);
  assert.deepEqual(new Uint8Array(node.raw), ISSUED.der);

  const peculiar = new x509.X509Certificate(ISSUED.der);
  assert.equal(peculiar.notAfter.getTime(), ISSUED.notAfter);
  assert.equal(await peculiar.verify({ signatureOnly: true }), true);
  assert.equal(await peculiar.isSelfSigned(), true);
  // By place and not by name: it does not read arcs of 128 bits (OpenSSL does).
  const [extension, ...more] = peculiar.extensions;
  assert.ok(extension);
  assert.equal(more.length, 0);
  assert.equal(extension.critical, false);
  assert.equal(extension.value.byteLength, 3 + 1 + 96 + 32 + 64);
});

Deno.test("issueCertificate() returns the private key of the certificate's public key", () => {
  const derived = createPublicKey(ISSUED.privateKeyPem).export({ format: "der", type: "spki" });
  assert.deepEqual(new Uint8Array(derived), ISSUED.spki);
});

Deno.test("issueCertificate() dates back by skewMs and never exceeds 24 h", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: Date.UTC(2060, 0) }),
      fc.integer({ min: 0, max: 24 * HOUR - 1000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (now, skewMs, share) => {
        const lifetimeMs = skewMs + 1000 + share * (24 * HOUR - 1000 - skewMs);
        const { der, notBefore, notAfter } = issueCertificate(ALICE, { now, lifetimeMs, skewMs });
        assert.ok(notBefore <= now - skewMs && notBefore > now - skewMs - 1000);
        assert.ok(notAfter - notBefore <= 24 * HOUR && notAfter > now);
        assert.equal(verifyCertificate(der, { now }).notAfter, notAfter);
      },
    ),
    { numRuns: 50 },
  );
});

Deno.test("issueCertificate() refuses lifetimes over 24 h or over at once, and times that are none", () => {
  const bad = [
    { now: NOW, lifetimeMs: 24 * HOUR + 1 },
    { now: NOW, lifetimeMs: 1000, skewMs: 1 },
    { now: NOW, lifetimeMs: NaN },
    { now: NOW, skewMs: -1 },
    { now: NOW, skewMs: 24 * HOUR },
    { now: NaN },
    { now: Infinity },
    { now: -1 },
    { now: Date.UTC(9999, 11, 31, 23) },
  ];
  for (const options of bad) {
    assert.throws(() => issueCertificate(ALICE, options), RangeError, JSON.stringify(options));
  }
});

Deno.test("verifyCertificate() refuses a certificate before and after its time, to the millisecond", () => {
  const { der, notBefore, notAfter } = ISSUED;
  assert.equal(judge(der, notBefore - 1), "not-yet-valid");
  assert.equal(verifyCertificate(der, { now: notBefore }).nodeId, ALICE.nodeId);
  assert.equal(verifyCertificate(der, { now: notAfter }).nodeId, ALICE.nodeId);
  assert.equal(judge(der, notAfter + 1), "expired");
  assert.equal(judge(der, 0), "not-yet-valid");
  assert.equal(judge(der, 8.64e15), "expired");
});

Deno.test("verifyCertificate() allows for clocks that differ by skewMs and no more", () => {
  const { der, notBefore, notAfter } = ISSUED;
  const skewMs = 60_000;
  verifyCertificate(der, { now: notBefore - skewMs, skewMs });
  verifyCertificate(der, { now: notAfter + skewMs, skewMs });
  const late = { now: notAfter + skewMs + 1, skewMs };
  assert.equal(refusal(() => verifyCertificate(der, late)), "expired");
});

Deno.test("verifyCertificate() throws on a present that is no time, which would let all pass", () => {
  for (const now of [NaN, Infinity, -Infinity, -1]) {
    assert.throws(() => verifyCertificate(ISSUED.der, { now }), RangeError);
    assert.throws(() => verifyCertificate(ISSUED.der, { now: NOW, skewMs: now }), RangeError);
  }
});

Deno.test("verifyCertificate() refuses a certificate with any one bit flipped", () => {
  for (let bit = 0; bit < ISSUED.der.length * 8; bit++) {
    const flipped = ISSUED.der.slice();
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    judge(flipped);
  }
});

Deno.test("verifyCertificate() refuses every truncation, and anything after the certificate", () => {
  for (let length = 0; length < ISSUED.der.length; length++) {
    assert.equal(judge(ISSUED.der.subarray(0, length)), "malformed");
  }
  assert.equal(judge(Uint8Array.of(...ISSUED.der, 0)), "malformed");
  assert.equal(judge(Uint8Array.of(...ISSUED.der, ...ISSUED.der)), "malformed");
  assert.equal(judge(new Uint8Array(1 << 20)), "malformed");
});

Deno.test("verifyCertificate() refuses random bytes, and random bytes within a certificate", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      judge(bytes);
    }),
  );
  const splice = fc.tuple(
    fc.nat(ISSUED.der.length),
    fc.nat(8),
    fc.uint8Array({ minLength: 1, maxLength: 8 }),
  );
  fc.assert(
    fc.property(splice, ([at, removed, added]) => {
      const spliced = Uint8Array.of(
        ...ISSUED.der.subarray(0, at),
        ...added,
        ...ISSUED.der.subarray(at + removed),
      );
      fc.pre(Buffer.compare(spliced, ISSUED.der) !== 0);
      judge(spliced);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("verifyCertificate() accepts honest fields, so that the refusals below mean something", () => {
  const key = generateSigningKey();
  const der = certify(key, honestFields(ALICE, key));
  assert.equal(verifyCertificate(der, { now: NOW }).nodeId, ALICE.nodeId);
});

Deno.test("verifyCertificate() refuses another's extension on a key of one's own", () => {
  const own = generateSigningKey();
  const { extension } = decodeCertificate(ISSUED.der);
  const pasted = { ...honestFields(MALLORY, own), extension };
  assert.equal(judge(certify(own, pasted)), "bad-signature");
});

Deno.test("verifyCertificate() refuses times stretched with a stolen certificate key", () => {
  const stolen = generateSigningKey();
  const fields = honestFields(ALICE, stolen);
  const stretched = { ...fields, notAfter: fields.notAfter + 1 };
  assert.equal(judge(certify(stolen, stretched)), "bad-signature");
  const earlier = { ...fields, notBefore: fields.notBefore - 1 };
  assert.equal(judge(certify(stolen, earlier)), "bad-signature");
  const renewed = { ...fields, notBefore: fields.notAfter, notAfter: fields.notAfter + 3600 };
  assert.equal(judge(certify(stolen, renewed), fields.notAfter * 1000), "bad-signature");
});

Deno.test("verifyCertificate() refuses more than 24 h, even when the node key signed for them", () => {
  const key = generateSigningKey();
  const fields = honestFields(ALICE, key);
  const lasting = (seconds: number): Uint8Array => {
    const notAfter = fields.notBefore + seconds;
    const spki = encodeSpki(key.publicKey);
    const statement = bindingStatement(ALICE.nodeId, spki, fields.notBefore, notAfter);
    const extension = { ...fields.extension, signature: ALICE.sign(statement) };
    return certify(key, { ...fields, notAfter, extension });
  };
  assert.equal(verifyCertificate(lasting(86_400), { now: NOW }).nodeId, ALICE.nodeId);
  assert.equal(judge(lasting(86_401)), "too-long");
  assert.equal(judge(lasting(-1)), "malformed");
});

Deno.test("verifyCertificate() refuses a certificate that another key signed", () => {
  const [key, other] = [generateSigningKey(), generateSigningKey()];
  const toBeSigned = encodeToBeSigned(honestFields(ALICE, key));
  assert.equal(judge(encodeCertificate(toBeSigned, other.sign(toBeSigned))), "bad-self-signature");
});

Deno.test("verifyCertificate() refuses an inception record that does not name the node key", () => {
  const key = generateSigningKey();
  const fields = honestFields(MALLORY, key);
  const extension = { ...fields.extension, inception: ALICE.inception };
  const der = certify(key, { ...fields, extension });
  assert.equal(judge(der), "wrong-inception");
  assert.throws(() => verifyCertificate(der, { now: NOW }), /rotated are not supported yet/);
});

Deno.test("verifyCertificate() refuses a new id around the signature of an old one", () => {
  // The thief of a certificate key keeps the node key and its signature, and commits to a next key
  // of his own. Without the node id in what is signed, he would have the node key under a new id.
  const stolen = generateSigningKey();
  const fields = honestFields(ALICE, stolen);
  const inception = new Uint8Array(ALICE.inception);
  inception.fill(0xaa, 32);
  assert.notEqual(inceptionNodeId(inception), ALICE.nodeId);
  const extension = { ...fields.extension, inception };
  assert.equal(judge(certify(stolen, { ...fields, extension })), "bad-signature");
});

Deno.test("verifyCertificate() refuses keys of small order in every place", () => {
  const weak = Uint8Array.of(1, ...new Uint8Array(31));
  const forged = Uint8Array.of(...weak, ...new Uint8Array(32));
  const key = generateSigningKey();
  const fields = honestFields(ALICE, key);

  const inception = Uint8Array.of(...weak, ...ALICE.inception.subarray(32));
  const extension = { inception, nodeKey: weak, signature: forged };
  assert.equal(judge(certify(key, { ...fields, extension })), "bad-extension");

  const spki = encodeSpki(weak);
  const statement = bindingStatement(ALICE.nodeId, spki, fields.notBefore, fields.notAfter);
  const signed = { ...fields.extension, signature: ALICE.sign(statement) };
  const toBeSigned = encodeToBeSigned({ ...fields, publicKey: weak, extension: signed });
  assert.equal(judge(encodeCertificate(toBeSigned, forged)), "bad-self-signature");
});

Deno.test("verifyCertificate() refuses a damaged or unknown extension, by name", () => {
  const key = generateSigningKey();
  const fields = honestFields(ALICE, key);
  const withExtension = (extension: Partial<CertificateFields["extension"]>) =>
    judge(certify(key, { ...fields, extension: { ...fields.extension, ...extension } }));
  assert.equal(withExtension({ inception: ALICE.inception.subarray(1) }), "bad-extension");
  assert.equal(withExtension({ nodeKey: new Uint8Array(33) }), "bad-extension");
  assert.equal(withExtension({ signature: new Uint8Array(0) }), "bad-extension");

  // The version is the byte after 04 81 c1, the header of the extension's content.
  const at = Buffer.from(ISSUED.der).indexOf(Buffer.from("0481c101", "hex")) + 3;
  const future = ISSUED.der.slice();
  future[at] = 2;
  assert.equal(judge(future), "bad-extension");
  assert.throws(() => verifyCertificate(future, { now: NOW }), /needs an upgrade/);
});

Deno.test("verifyCertificate() refuses fields that the profile does not allow", () => {
  const key = generateSigningKey();
  const fields = honestFields(ALICE, key);
  for (const serial of ["", "ff", "0001", "01".repeat(21)]) {
    const der = certify(key, { ...fields, serial: Uint8Array.fromHex(serial) });
    assert.equal(judge(der), "malformed", serial);
  }
  const toBeSigned = encodeToBeSigned(fields);
  for (const length of [0, 63, 65]) {
    assert.equal(judge(encodeCertificate(toBeSigned, new Uint8Array(length))), "malformed");
  }
  assert.equal(judge(encodeDer(DerTag.SEQUENCE)), "malformed");
});

/** Certificates of another maker's: what a stranger's TLS stack might present. */
async function foreign(
  algorithm: "Ed25519" | "ECDSA",
  options: { extensions?: x509.Extension[]; issuer?: string } = {},
): Promise<Uint8Array> {
  x509.cryptoProvider.set(crypto);
  const keys = await crypto.subtle.generateKey(
    // Ed25519 has one curve, and ignores that it is named another.
    { name: algorithm, namedCurve: "P-256" },
    true,
    ["sign", "verify"],
  );
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: "01",
    subject: "CN=stranger",
    issuer: options.issuer ?? "CN=stranger",
    notBefore: new Date(NOW - HOUR),
    notAfter: new Date(NOW + HOUR),
    publicKey: keys.publicKey,
    signingKey: keys.privateKey,
    signingAlgorithm: { name: algorithm, hash: "SHA-256" },
    extensions: options.extensions ?? [],
  });
  return new Uint8Array(certificate.rawData);
}

Deno.test("verifyCertificate() refuses certificates of other makers, and says what they lack", async () => {
  const value = new Uint8Array([5, 0]);
  const strange = (critical: boolean) => new x509.Extension("2.5.29.99", critical, value);
  const stand = "1.3" + ".1".repeat(19);
  const ours = async (critical: boolean) => {
    // The generator does not write our identifier: another of its length stands in for it.
    const extensions = [new x509.Extension(stand, critical, value)];
    const der = Buffer.from(await foreign("Ed25519", { extensions }));
    der.set(encodeOid(NODE_KEY_EXTENSION_OID), der.indexOf(encodeOid(stand)));
    return new Uint8Array(der);
  };
  assert.equal(judge(await foreign("ECDSA")), "not-ed25519");
  assert.equal(judge(await foreign("Ed25519")), "no-node-key");
  assert.equal(judge(await foreign("Ed25519", { extensions: [strange(false)] })), "no-node-key");
  assert.equal(judge(await foreign("Ed25519", { extensions: [strange(true)] })), "malformed");
  assert.equal(judge(await ours(false)), "bad-extension");
  assert.equal(judge(await ours(true)), "bad-extension");
  const twice = [strange(false), strange(false)];
  assert.equal(judge(await foreign("Ed25519", { extensions: twice })), "malformed");
  assert.equal(judge(await foreign("Ed25519", { issuer: "CN=authority" })), "malformed");
});

Deno.test("verifyCertificateChain() takes exactly one certificate", () => {
  assert.equal(verifyCertificateChain([ISSUED.der], { now: NOW }).nodeId, ALICE.nodeId);
  for (const chain of [null, [], [ISSUED.der, ISSUED.der]]) {
    assert.equal(refusal(() => verifyCertificateChain(chain, { now: NOW })), "malformed");
  }
});
