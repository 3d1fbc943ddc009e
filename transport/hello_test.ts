import assert from "node:assert/strict";
import fc from "fast-check";
import { nodeIdFromBytes } from "../security/mod.ts";
import { FrameError } from "./frames.ts";
import { decodeHello, encodeHello, type HelloIdentity, judgeHello } from "./hello.ts";

const nodeId = nodeIdFromBytes(new Uint8Array(32).fill(1));
const peerId = nodeIdFromBytes(new Uint8Array(32).fill(2));
const self: HelloIdentity = { nodeId, network: "test", versions: [2, 4], incarnation: 1 };
const peer: HelloIdentity = { nodeId: peerId, network: "test", versions: [1, 3], incarnation: 9 };
const at = { host: "127.0.0.1", port: 4433 };
const offer = new Uint8Array(96).fill(3);

function hello(identity: HelloIdentity) {
  return decodeHello(encodeHello(identity, at, offer));
}

Deno.test("decodeHello() returns what encodeHello() said, and where the peer sees this node", () => {
  const got = hello(peer);
  assert.equal(got.nodeId, peerId);
  assert.equal(got.incarnation, 9);
  assert.equal(got.observedHost, at.host);
  assert.equal(got.observedPort, at.port);
  assert.deepEqual(got.offer, offer);
});

Deno.test("judgeHello() agrees on the newest version that both sides speak", () => {
  assert.deepEqual(judgeHello(self, peerId, hello(peer)), { version: 3 });
  const versions = fc.tuple(fc.nat(9), fc.nat(9)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);
  fc.assert(fc.property(versions, versions, (mine, theirs) => {
    const verdict = judgeHello(
      { ...self, versions: mine as [number, number] },
      peerId,
      hello({ ...peer, versions: theirs as [number, number] }),
    );
    const common = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].filter((v) =>
      v >= mine[0]! && v <= mine[1]! && v >= theirs[0]! && v <= theirs[1]!
    );
    if (common.length > 0) assert.deepEqual(verdict, { version: common.at(-1) });
    else assert.equal("code" in verdict && verdict.code, "wrong-version");
  }));
});

Deno.test("judgeHello() refuses another network, naming both", () => {
  const verdict = judgeHello(self, peerId, hello({ ...peer, network: "other" }));
  assert("code" in verdict);
  assert.equal(verdict.code, "wrong-network");
  assert.match(verdict.message, /"other".*"test"/);
});

Deno.test("judgeHello() refuses a hello that names another node than the certificate", () => {
  const verdict = judgeHello(self, nodeId, hello(peer));
  assert.equal("code" in verdict && verdict.code, "wrong-id");
});

Deno.test("decodeHello() throws a FrameError for anything that is no hello", () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => {
    assert.throws(() => decodeHello(bytes), FrameError);
  }));
});
