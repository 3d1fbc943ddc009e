import assert from "node:assert/strict";
import fc from "fast-check";
import type { ExitKind } from "../actors/mod.ts";
import { encodeValue, ValueError } from "../values/mod.ts";
import { MAX_FAILURE_BYTES } from "./constants.ts";
import { decodeDown, downOf, encodeDown } from "./down_body.ts";
import { NotConnectedError, notExposed, refusedByPeer } from "./errors.ts";

const kinds = fc.constantFrom<ExitKind>(
  ...["normal", "shutdown", "killed", "error", "intensity"] as const,
  ...["no-such-actor", "shard-lost", "process-lost", "disconnected"] as const,
);

Deno.test("decodeDown() reads what encodeDown() writes, well-formed and cut", () => {
  fc.assert(fc.property(kinds, fc.string({ unit: "binary", maxLength: 5_000 }), (kind, message) => {
    const cut = message.slice(0, MAX_FAILURE_BYTES).toWellFormed();
    assert.deepEqual(decodeDown(encodeDown({ kind, message })), { kind, message: cut });
  }));
});

Deno.test("decodeDown() throws a ValueError for whatever is no exit reason", () => {
  const notAReason = (bytes: Uint8Array) => assert.throws(() => decodeDown(bytes), ValueError);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), notAReason));
  fc.assert(fc.property(fc.jsonValue(), (value) => notAReason(encodeValue(value, "down"))));
});

Deno.test("downOf() says that an actor is gone only where that is known", () => {
  assert.equal(downOf(notExposed("home", "x")).kind, "no-such-actor");
  assert.equal(downOf(refusedByPeer("b", "not-joined", "no")).kind, "no-such-actor");
  assert.equal(downOf(refusedByPeer("b", "refused-by-policy", "no")).kind, "disconnected");
  assert.equal(downOf(refusedByPeer("b", "too-many", "no")).kind, "disconnected");
  assert.equal(downOf(new NotConnectedError("nobody there")).kind, "disconnected");
});
