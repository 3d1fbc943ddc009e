import assert from "node:assert/strict";
import fc from "fast-check";
import { DerReader, DerTag, encodeDer, encodeOid, encodeTime, readTime } from "./der.ts";

const hex = (text: string) => Uint8Array.fromHex(text.replaceAll(" ", ""));

Deno.test("DerReader.read() reads back what encodeDer() writes, at every size of length", () => {
  for (const length of [0, 1, 127, 128, 255, 256, 65_535]) {
    const content = new Uint8Array(length).fill(7);
    const encoded = encodeDer(DerTag.OCTET_STRING, content);
    const reader = new DerReader(encoded, "test");
    const element = reader.read(DerTag.OCTET_STRING, "octets");
    assert.deepEqual(element.content, content);
    assert.deepEqual(element.encoded, encoded);
    reader.end();
  }
  assert.throws(() => encodeDer(DerTag.OCTET_STRING, new Uint8Array(65_536)), RangeError);
});

Deno.test("DerReader.read() refuses lengths that are BER but not DER, and what runs past the end", () => {
  const cases: [string, RegExp][] = [
    ["", /cut short/],
    ["04", /cut short/],
    ["04 80 00 00", /not DER/],
    ["04 81 05 0000000000", /not in its shortest form/],
    ["04 82 00ff", /not in its shortest form/],
    ["04 83 010000", /far too long/],
    ["04 ff", /far too long/],
    ["04 02 00", /2 bytes announced, 1 left/],
    ["04 82 01", /cut short/],
    ["24 00", /tag 0x24 instead of 0x04/],
  ];
  for (const [encoded, why] of cases) {
    const reader = new DerReader(hex(encoded), "test");
    assert.throws(() => reader.read(DerTag.OCTET_STRING, "octets"), (error: unknown) => {
      assert.ok(error instanceof SyntaxError);
      assert.match(error.message, why);
      return true;
    });
  }
});

Deno.test("DerReader.read() accepts no bytes that encodeDer() would not write", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (tail) => {
      const encoded = Uint8Array.of(DerTag.OCTET_STRING, ...tail);
      const reader = new DerReader(encoded, "test");
      let element;
      try {
        element = reader.read(DerTag.OCTET_STRING, "octets");
      } catch (error) {
        assert.ok(error instanceof SyntaxError);
        return;
      }
      assert.deepEqual(encodeDer(DerTag.OCTET_STRING, element.content), element.encoded.slice());
    }),
    { numRuns: 1000 },
  );
});

Deno.test("DerReader.end() refuses what is left over", () => {
  const reader = new DerReader(hex("0500 00"), "thing");
  assert.throws(() => reader.end(), { name: "SyntaxError", message: "thing: 3 bytes too many" });
});

Deno.test("encodeOid() gives known encodings, and takes arcs of 128 bits", () => {
  assert.deepEqual(encodeOid("1.3.101.112"), hex("06 03 2b6570"));
  assert.deepEqual(encodeOid("2.5.4.3"), hex("06 03 550403"));
  assert.deepEqual(encodeOid("1.2.840.113549"), hex("06 06 2a864886f70d"));
  assert.deepEqual(encodeOid("2.999.3"), hex("06 03 883703"));
  // ITU-T X.667, 8: the UUID f81d4fae-7dec-11d0-a765-00a0c91e6bf6 as an arc.
  assert.deepEqual(
    encodeOid("2.25.329800735698586629295641978511506172918"),
    hex("06 14 69 83f09da7ebcfdee0c7a1a7b2c0948cc8f9d776"),
  );
  for (const bad of ["", "1", "3.1", "1.40", "1..2", "1.02", "1.2.x", "2.5."]) {
    assert.throws(() => encodeOid(bad), RangeError, bad);
  }
});

Deno.test("readTime() reads back what encodeTime() writes, from 1950 to 9999", () => {
  const first = Date.UTC(1950, 0) / 1000;
  const last = Date.UTC(9999, 11, 31, 23, 59, 59) / 1000;
  const seconds = fc.oneof(
    fc.integer({ min: first, max: last }),
    fc.constantFrom(first, last, Date.UTC(2050, 0) / 1000 - 1, Date.UTC(2050, 0) / 1000, -1, 0),
  );
  fc.assert(
    fc.property(seconds, (time) => {
      const encoded = encodeTime(time);
      assert.equal(encoded[0], time < Date.UTC(2050, 0) / 1000 ? 0x17 : 0x18);
      assert.equal(readTime(new DerReader(encoded, "test"), "time"), time);
    }),
  );
  for (const bad of [first - 1, last + 1, 0.5, NaN, Infinity]) {
    assert.throws(() => encodeTime(bad), RangeError, String(bad));
  }
});

Deno.test("readTime() refuses days that do not exist and forms that DER or RFC 5280 forbid", () => {
  const utc: string[] = [
    "250231000000Z",
    "250101240000Z",
    "250101006000Z",
    "250101000060Z",
    "250001000000Z",
    "2501010000Z",
    "250101000000+0000",
    "250101000000",
    "25010100000 Z",
    "20250101000000Z",
  ];
  const generalized = ["20491231235959Z", "20500101000000.5Z", "205001010000Z", "500101000000Z"];
  const read = (tag: number, text: string) =>
    readTime(new DerReader(encodeDer(tag, new TextEncoder().encode(text)), "test"), "time");
  for (const text of utc) {
    assert.throws(() => read(DerTag.UTC_TIME, text), SyntaxError, text);
  }
  for (const text of generalized) {
    assert.throws(() => read(DerTag.GENERALIZED_TIME, text), SyntaxError, text);
  }
  assert.equal(read(DerTag.UTC_TIME, "250228000000Z"), Date.UTC(2025, 1, 28) / 1000);
});
