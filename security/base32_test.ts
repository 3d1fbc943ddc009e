import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeBase32, encodeBase32 } from "./base32.ts";

Deno.test("encodeBase32() gives the vectors of RFC 4648, section 10, lower-cased and unpadded", () => {
  const vectors = [
    ["", ""],
    ["f", "my"],
    ["fo", "mzxq"],
    ["foo", "mzxw6"],
    ["foob", "mzxw6yq"],
    ["fooba", "mzxw6ytb"],
    ["foobar", "mzxw6ytboi"],
  ] as const;
  for (const [plain, encoded] of vectors) {
    const bytes = new TextEncoder().encode(plain);
    assert.equal(encodeBase32(bytes), encoded);
    assert.deepEqual(decodeBase32(encoded), bytes);
  }
});

Deno.test("decodeBase32() reads back what encodeBase32() writes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      assert.deepEqual(decodeBase32(encodeBase32(bytes)), new Uint8Array(bytes));
    }),
  );
});

Deno.test("decodeBase32() accepts no text that encodeBase32() would not write", () => {
  const texts = fc.string({ unit: fc.constantFrom(..."abz27A189=é\u0141 "), maxLength: 12 });
  let accepted = 0;
  fc.assert(
    fc.property(texts, (text) => {
      let bytes: Uint8Array;
      try {
        bytes = decodeBase32(text);
      } catch (error) {
        assert.ok(error instanceof SyntaxError);
        return;
      }
      accepted++;
      assert.equal(encodeBase32(bytes), text);
    }),
    { numRuns: 2000 },
  );
  assert.ok(accepted > 0);
});

Deno.test("decodeBase32() refuses impossible lengths and set bits that carry nothing", () => {
  for (const text of ["a", "aaa", "aaaaaa"]) {
    assert.throws(() => decodeBase32(text), /not the base32 of any number of bytes/);
  }
  for (const text of ["ab", "aaab", "aaaab", "aaaaaab"]) {
    assert.throws(() => decodeBase32(text), /sets bits that carry nothing/);
  }
});
