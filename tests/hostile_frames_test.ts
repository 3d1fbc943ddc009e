/** Frames that a peer may send and a node does not take: refused with a code, counted, no more. @module */
import assert from "node:assert/strict";
import { join } from "node:path";
import { Probe } from "../mesh/testing.ts";
import { encodeValue } from "../values/mod.ts";
import { crossing, meshFrame, RawPeer, realmId } from "./raw_peer.ts";

const PAYLOAD = encodeValue("forged", "payload");

/** What a peer sends on its publications' stream, and the code with which that is not taken. */
const PUBLICATIONS: readonly (readonly [what: string, code: string, frame: Uint8Array])[] = [
  [
    "of a realm that it has not joined",
    "not-joined",
    crossing("elsewhere", "publication", { topic: "x", sequence: 1 }, PAYLOAD),
  ],
  [
    "under a weaker suite than its policy demands",
    "refused-by-policy",
    crossing("lob", "publication", { topic: "x", sequence: 1 }, PAYLOAD),
  ],
  [
    "sealed by somebody else",
    "bad-seal",
    crossing(
      "lob",
      "publication",
      { topic: "x", sequence: 1 },
      new Uint8Array(64).fill(1),
      "libsodium",
    ),
  ],
  [
    "sealed, and too short to be",
    "seal-too-short",
    crossing("lob", "publication", { topic: "x", sequence: 1 }, new Uint8Array(3), "libsodium"),
  ],
  [
    "under a suite that does not exist",
    "unknown-suite",
    crossing("lob", "publication", { topic: "x", sequence: 1 }, PAYLOAD, "rot13"),
  ],
  [
    "under a suite that repeats itself",
    "unknown-suite",
    crossing("lob", "publication", { topic: "x", sequence: 1 }, PAYLOAD, "libsodium+libsodium"),
  ],
];

/** A node whose realm `lob` is sealed, which it has joined. */
async function guarded(): Promise<{ readonly probe: Probe } & AsyncDisposable> {
  const folder = await Deno.makeTempDir({ prefix: "macula-hostile-" });
  const policies = join(folder, "policies.yaml");
  await Deno.writeTextFile(policies, "realms:\n  lob: { app: libsodium }\n");
  const probe = await Probe.start({ policies });
  await probe.node.publish("lob/x", "joined");
  await probe.node.flush();
  return {
    probe,
    async [Symbol.asyncDispose]() {
      await probe.node.stop();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

for (const [what, code, frame] of PUBLICATIONS) {
  Deno.test(`A node does not take a publication ${what}: ${code}, counted, and the connection stays`, async () => {
    await using at = await guarded();
    const { probe } = at;
    const got: unknown[] = [];
    await using readings = probe.node.subscribe("lob/**");
    await readings.ready;
    await using peer = await RawPeer.dial(probe.node.address);
    peer.hello();
    peer.publish(Uint8Array.of(...frame, ...frame)); // told once, counted twice
    const refused = await probe.event("frame-refused");
    assert.deepEqual([refused.by, refused.code], ["here", code]);
    while ((await probe.node.status()).refusedFrames[code] !== 2);
    await probe.node.publish("lob/end", "end");
    for await (const { payload } of readings) {
      got.push(payload);
      if (payload === "end") break;
    }
    assert.deepEqual(got, ["end"]);
    assert.equal(probe.events.filter(({ event }) => event === "frame-refused").length, 1);
    assert.equal((await probe.node.peers()).length, 1);
    assert.deepEqual(probe.crashes, []);
  });
}

Deno.test("A node answers a call that it does not take with the code, and serves nothing by it", async () => {
  await using at = await guarded();
  const { probe } = at;
  let served = 0;
  await using _served = await probe.node.serve("lob/count", () => ++served);
  await using peer = await RawPeer.dial(probe.node.address);
  peer.hello();
  const args = encodeValue([], "args");
  const call = (id: number) => ({ id, procedure: "count", remainingMs: 5_000 });
  peer.send(crossing("lob", "call", call(1), args));
  peer.send(crossing("elsewhere", "call", call(2), args));
  peer.send(crossing("lob", "call", call(3), args, "libsodium"));
  const message = { handler: "add", mode: 2, name: "clerk", remainingMs: 1_000 };
  peer.send(crossing("lob", "invoke", { ...message, id: 4 }, args));
  peer.send(meshFrame("synced", {}));
  await probe.event("peer-synced");
  const { refusedFrames } = await probe.node.status();
  assert.deepEqual(refusedFrames, {
    "refused-by-policy": 2,
    "not-joined": 1,
    "seal-too-short": 1,
  });
  assert.equal(served, 0);
  assert.equal((await probe.node.peers()).length, 1);
});

Deno.test("An answer under a weaker suite than its call is not taken", async () => {
  await using at = await guarded();
  const { probe } = at;
  await using peer = await RawPeer.dial(probe.node.address);
  peer.hello();
  peer.send(meshFrame("register", { id: 1, realm: realmId("lob"), procedure: "count" }));
  peer.send(meshFrame("synced", {}));
  await probe.event("peer-synced");
  const gaveUp = new AbortController();
  const called = probe.node.call("lob/count", [], { signal: gaveUp.signal });
  // It cannot read the call, and so guesses the number of the first.
  peer.send(crossing("lob", "result", { id: 1 }, encodeValue("forged", "result")));
  const refused = await probe.event("frame-refused");
  assert.equal(refused.code, "refused-by-policy");
  assert.match(refused.message, /an answer under "none" to a call under "libsodium"/);
  gaveUp.abort(new Error("nobody else answered"));
  await assert.rejects(called, /nobody else answered/);
});

Deno.test("A peer's name that is too long with this node's alias before it harms nobody", async () => {
  const rest = "a".repeat(253);
  await using at = await guarded();
  const { probe } = at;
  await using peer = await RawPeer.dial(probe.node.address);
  peer.hello();
  // In a realm that is joined, and in one that is joined later.
  for (const realm of ["lob", "later"]) {
    peer.send(meshFrame("subscribe", { id: 1, realm: realmId(realm), pattern: rest }));
    peer.send(meshFrame("register", { id: 2, realm: realmId(realm), procedure: rest }));
  }
  peer.send(meshFrame("subscribe", { id: 3, realm: realmId("later"), pattern: "x" }));
  peer.send(meshFrame("synced", {}));
  await probe.event("peer-synced");
  await probe.node.publish("later/x", 1);
  while ((await probe.node.stats()).peers.sent < 1);
  assert.deepEqual(probe.crashes, []);
  assert.equal((await probe.node.peers()).length, 1);
});
