import assert from "node:assert/strict";
import fc from "fast-check";
import { compareNodeIds, type NodeId, nodeIdFromBytes } from "../security/mod.ts";
import { arbitrate, type Choice } from "./arbitration.ts";

const ids = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(nodeIdFromBytes);
const pairs = fc.tuple(ids, ids).filter(([a, b]) => a !== b);

/** Which node's dial is left when `a` and `b` have dialled each other, as `self` sees it. */
function survivor(self: NodeId, peer: NodeId, ownFirst: boolean): NodeId {
  const own = { dialled: true, incarnation: undefined };
  const theirs = { dialled: false, incarnation: 7 };
  const [present, newcomer] = ownFirst ? [own, theirs] : [theirs, own];
  const choice: Choice = arbitrate(self, peer, present, newcomer);
  const left = choice === "keep" ? present : newcomer;
  return left.dialled ? self : peer;
}

Deno.test("arbitrate() leaves the same one of two crossing dials at both ends, in any order", () => {
  fc.assert(fc.property(pairs, fc.boolean(), fc.boolean(), ([a, b], ownFirstA, ownFirstB) => {
    const atA = survivor(a, b, ownFirstA);
    const atB = survivor(b, a, ownFirstB);
    assert.equal(atA, atB);
    assert.equal(atA, compareNodeIds(a, b) < 0 ? a : b);
  }));
});

Deno.test("arbitrate() lets a newer incarnation of the peer replace an older one's connection", () => {
  fc.assert(fc.property(pairs, fc.boolean(), fc.boolean(), ([a, b], before, now) => {
    const older = { dialled: before, incarnation: 1 };
    const newer = { dialled: now, incarnation: 2 };
    assert.equal(arbitrate(a, b, older, newer), "replace");
    assert.equal(arbitrate(a, b, newer, older), "keep");
  }));
});

Deno.test("arbitrate() takes a second dial in the same direction for the dialler's word that the first is dead", () => {
  fc.assert(fc.property(pairs, fc.boolean(), ([a, b], dialled) => {
    const one = { dialled, incarnation: 3 };
    assert.equal(arbitrate(a, b, one, { ...one }), "replace");
  }));
});
