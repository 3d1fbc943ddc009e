import assert from "node:assert/strict";
import fc from "fast-check";
import { connectionIdKey, foreignIdKey, hasLongHeader, readLongHeader } from "./quic_packet.ts";

const idOf = (maxLength: number) => fc.uint8Array({ maxLength });

Deno.test("readLongHeader() reads back what a packet's invariants were made of", () => {
  const version = fc.integer({ min: 0, max: 0xffffffff });
  fc.assert(
    fc.property(version, idOf(255), idOf(255), idOf(50), (version, dcid, scid, rest) => {
      const packet = new Uint8Array([
        ...[0xc0, version >>> 24, version >>> 16, version >>> 8, version],
        ...[dcid.length, ...dcid, scid.length, ...scid, ...rest],
      ]);
      assert(hasLongHeader(packet));
      const header = readLongHeader(packet);
      assert.deepEqual(header && { ...header }, { version, dcid, scid });
      const shortest = packet.length - rest.length;
      for (let cut = 0; cut < shortest; cut++) {
        assert.equal(readLongHeader(packet.subarray(0, cut)), undefined, `cut at ${cut}`);
      }
    }),
    { numRuns: 30 },
  );
});

Deno.test("hasLongHeader() is false for short headers and for nothing", () => {
  assert(!hasLongHeader(new Uint8Array([0x40])));
  assert(!hasLongHeader(new Uint8Array(0)));
});

Deno.test("connectionIdKey() is the first 48 bits, wherever the id stands", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 6, maxLength: 20 }), fc.nat(9), (id, offset) => {
    const expected = id.subarray(0, 6).reduce((key, byte) => key * 256 + byte, 0);
    assert.equal(connectionIdKey(id), expected);
    const packet = new Uint8Array(offset + id.length);
    packet.set(id, offset);
    assert.equal(connectionIdKey(packet, offset), expected);
  }));
});

Deno.test("foreignIdKey() tells ids apart that differ in a byte or in length", () => {
  fc.assert(fc.property(idOf(20), idOf(20), (a, b) => {
    const same = a.length === b.length && a.every((byte, i) => byte === b[i]);
    assert.equal(foreignIdKey(a) === foreignIdKey(b), same);
  }));
});
