import assert from "node:assert/strict";
import fc from "fast-check";
import { FrameError } from "../transport/mod.ts";
import { headerCodec } from "./frames.ts";
import { PublicationHeaderReader, PublicationHeaders } from "./publication_headers.ts";

const sequences = fc.oneof(fc.nat(300), fc.maxSafeNat());
const scope = (suite = "none", fill = 1) => ({
  ...{ realm: new Uint8Array(32).fill(fill), policy: new Uint8Array(32).fill(2), suite },
});

Deno.test("PublicationHeaders.encode() writes what the codec writes, whatever the number", () => {
  fc.assert(fc.property(sequences, fc.string({ unit: "binary" }), (sequence, topic) => {
    const fields = { ...scope("libsodium"), topic: topic.toWellFormed() };
    const header = new PublicationHeaders(fields).encode(sequence);
    const whole = headerCodec.encode("publication", { ...fields, sequence });
    assert.deepEqual(header, new Uint8Array(whole));
  }));
});

Deno.test("PublicationHeaderReader.read() says what the codec says, however topics take turns", () => {
  const topics = Array.from({ length: 20 }, (_, i) => `sensor/${i}`);
  const headers = topics.map((topic, i) =>
    new PublicationHeaders({ ...scope("none", i % 3), topic })
  );
  const turns = fc.array(fc.tuple(fc.nat(topics.length - 1), sequences), { minLength: 1 });
  fc.assert(fc.property(turns, (turns) => {
    const reader = new PublicationHeaderReader();
    for (const [at, sequence] of turns) {
      const bytes = headers[at]!.encode(sequence);
      assert.deepEqual(reader.read(bytes), headerCodec.decode(bytes));
    }
  }));
});

Deno.test("PublicationHeaderReader.read() says what the codec says of changed and of other bytes", () => {
  const good = new PublicationHeaders({ ...scope(), topic: "sensor/hall" });
  const changed = fc.tuple(sequences, fc.nat(), fc.nat(255), fc.nat(3)).map(
    ([sequence, at, byte, more]) => {
      const bytes = [...good.encode(sequence), ...new Array(more).fill(byte)];
      bytes[at % bytes.length] = byte;
      return Uint8Array.from(bytes);
    },
  );
  const said = (read: () => unknown): unknown => {
    try {
      return read();
    } catch (error) {
      assert(error instanceof FrameError, String(error));
      return error.code;
    }
  };
  const reader = new PublicationHeaderReader();
  reader.read(good.encode(1));
  fc.assert(fc.property(fc.oneof(changed, fc.uint8Array()), (bytes) => {
    assert.deepEqual(said(() => reader.read(bytes)), said(() => headerCodec.decode(bytes)));
  }));
});

Deno.test("PublicationHeaderReader.read() reads a header with further fields, as a newer peer may write it", () => {
  const bytes = headerCodec.encode("publication", { ...scope(), topic: "x", sequence: 7 });
  const longer = Uint8Array.of(0xa7, ...bytes.subarray(1), 0x09, 0x05);
  const reader = new PublicationHeaderReader();
  for (let i = 0; i < 2; i++) {
    const header = reader.read(longer);
    assert(header?.kind === "publication");
    assert.equal(header.sequence, 7);
  }
});
