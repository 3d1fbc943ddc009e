/** What a peer may send about monitors, in both directions, and what becomes of it. @module */
import assert from "node:assert/strict";
import type { ExitReason } from "../actors/mod.ts";
import { MAX_PEER_MONITORS } from "../mesh/constants.ts";
import mortal from "../mesh/testing/mortal_actor.ts";
import { Probe } from "../mesh/testing.ts";
import type { RefusalCode } from "../transport/refusal.ts";
import { encodeValue } from "../values/mod.ts";
import { crossing, meshFrame, RawPeer } from "./raw_peer.ts";

const NOTHING = new Uint8Array();

function monitor(id: number, name = "mortal", realm = "home"): Uint8Array {
  return crossing(realm, "monitor", { id, name }, NOTHING);
}

function down(id: number, reason: unknown): Uint8Array {
  return crossing("home", "down", { id }, encodeValue(reason, "down"));
}

interface Setting extends AsyncDisposable {
  readonly probe: Probe;
  readonly peer: RawPeer;
  /** Settles when the node has taken all that the peer has sent so far. */
  taken(): Promise<void>;
}

/** A node that exposes an actor, and a peer of it, which is up. */
async function exposing(): Promise<Setting> {
  const probe = await Probe.start();
  await probe.node.spawn(mortal, { placement: "here", name: "mortal", expose: "home" });
  let asked = Promise.withResolvers<void>();
  await probe.node.serve("home/asked", () => asked.resolve());
  const peer = await RawPeer.dial(probe.node.address);
  peer.hello();
  peer.send(meshFrame("synced", {}));
  await probe.event("peer-synced");
  return {
    ...{ probe, peer },
    async taken() {
      asked = Promise.withResolvers();
      const call = { id: 1, procedure: "asked", remainingMs: 5_000 };
      peer.send(crossing("home", "call", call, encodeValue([], "args")));
      await asked.promise;
    },
    async [Symbol.asyncDispose]() {
      await peer[Symbol.asyncDispose]();
      await probe.node.stop();
    },
  };
}

/** The same, and the node monitors an actor of the peer's: by the first number that there is. */
async function monitoring(): Promise<Setting & { told: ExitReason[]; first: Promise<ExitReason> }> {
  const at = await exposing();
  const { probe, peer } = at;
  const told: ExitReason[] = [];
  const first = Promise.withResolvers<ExitReason>();
  const ref = probe.node.actor(`macula://${peer.identity.nodeId}/home/actor`);
  probe.node.monitor(ref, (reason) => {
    told.push(reason);
    first.resolve(reason);
  });
  return { ...at, told, first: first.promise };
}

const OFFENCES: readonly (readonly [what: string, code: RefusalCode, frames: Uint8Array[]])[] = [
  ["a monitor numbered 0", "bad-frame", [monitor(0)]],
  ["two monitors of one number", "bad-frame", [monitor(1), monitor(1)]],
  ["a monitor of an empty name", "bad-frame", [monitor(1, "")]],
  ["a monitor of a name that has a control character", "bad-frame", [monitor(1, "\u001b[2J")]],
  ["a monitor of a name that is too long", "bad-frame", [monitor(1, "x".repeat(500_000))]],
];

for (const [what, code, frames] of OFFENCES) {
  Deno.test(`A node refuses ${what} with ${code}, and lives on`, async () => {
    await using at = await exposing();
    for (const frame of frames) at.peer.send(frame);
    assert.equal(await at.peer.refusal(), code);
    await at.probe.event("peer-down");
    assert.deepEqual(at.probe.crashes, []);
  });
}

Deno.test("A node takes 4,096 monitors of a peer, and further ones when it takes some back", async () => {
  await using at = await exposing();
  const { probe, peer } = at;
  for (let id = 1; id <= MAX_PEER_MONITORS + 2; id++) peer.send(monitor(id));
  await at.taken();
  const refused = await probe.event("frame-refused");
  assert.deepEqual([refused.by, refused.code], ["here", "too-many"]);
  const counted = async () => (await probe.node.status()).refusedFrames["too-many"];
  assert.equal(await counted(), 2);
  peer.send(meshFrame("demonitor", { id: 1 }));
  peer.send(meshFrame("demonitor", { id: 1 }));
  peer.send(meshFrame("demonitor", { id: 1_000_000 }));
  peer.send(monitor(10_000));
  await at.taken();
  assert.equal(await counted(), 2);
  peer.send(monitor(10_001));
  await at.taken();
  assert.equal(await counted(), 3);
  // What has ended is told and makes room, too.
  await probe.node.stopActor((await probe.node.lookup("mortal"))!);
  for (let id = 20_000; id < 20_000 + MAX_PEER_MONITORS + 1; id++) peer.send(monitor(id));
  await at.taken();
  assert.equal(await counted(), 3);
  assert.equal((await probe.node.peers()).length, 1);
  assert.deepEqual(probe.crashes, []);
});

Deno.test("A node that monitors come and go at remembers none of them", async () => {
  await using at = await exposing();
  const { probe, peer } = at;
  for (let id = 1; id <= 2 * MAX_PEER_MONITORS; id++) {
    peer.send(monitor(id));
    peer.send(meshFrame("demonitor", { id }));
  }
  await at.taken();
  assert.deepEqual((await probe.node.status()).refusedFrames, {});
});

Deno.test("A node does not take a monitor of what it has not joined, nor under another suite", async () => {
  await using at = await exposing();
  const { probe, peer } = at;
  peer.send(monitor(1, "mortal", "elsewhere"));
  peer.send(crossing("home", "monitor", { id: 2, name: "mortal" }, NOTHING, "rot13"));
  peer.send(crossing("home", "monitor", { id: 3, name: "mortal" }, NOTHING, "libsodium"));
  // Not exposed, whatever they are elsewhere in the language: told so, and no refusal.
  for (const [i, name] of ["__proto__", "constructor", "monitors", "bus"].entries()) {
    peer.send(monitor(10 + i, name));
  }
  await at.taken();
  assert.deepEqual((await probe.node.status()).refusedFrames, {
    "not-joined": 1,
    "unknown-suite": 1,
    "seal-too-short": 1,
  });
  assert.equal((await probe.node.peers()).length, 1);
});

Deno.test("A peer that goes takes its monitors along", async () => {
  await using at = await exposing();
  const { probe, peer } = at;
  for (let id = 1; id <= MAX_PEER_MONITORS; id++) peer.send(monitor(id));
  await at.taken();
  await peer[Symbol.asyncDispose]();
  await probe.event("peer-down");
  await probe.node.stopActor((await probe.node.lookup("mortal"))!);
  assert.deepEqual(probe.crashes, []);
});

const NO_REASONS: readonly (readonly [what: string, body: Uint8Array])[] = [
  ["no value", Uint8Array.of(0xff)],
  ["nothing", NOTHING],
  ["a number", encodeValue(1, "down")],
  ["a list", encodeValue(["normal", "x"], "down")],
  ["null", encodeValue(null, "down")],
  ["a reason of no kind", encodeValue({ message: "x" }, "down")],
  ["a reason of an unknown kind", encodeValue({ kind: "bored", message: "x" }, "down")],
  ["a reason of an inherited kind", encodeValue({ kind: "toString", message: "x" }, "down")],
  ["a reason whose words are none", encodeValue({ kind: "normal", message: 1 }, "down")],
];

for (const [what, body] of NO_REASONS) {
  Deno.test(`A peer that tells ${what} as the end of an actor is refused, and the end is told`, async () => {
    await using at = await monitoring();
    at.peer.send(crossing("home", "down", { id: 1 }, body));
    assert.equal(await at.peer.refusal(), "bad-frame");
    assert.equal((await at.first).kind, "disconnected");
    await at.probe.event("peer-down");
    assert.equal(at.told.length, 1);
    assert.deepEqual(at.probe.crashes, []);
  });
}

Deno.test("A node tells of an end once, whatever its peer says afterwards, and cuts the words", async () => {
  await using at = await monitoring();
  const { probe, peer, told } = at;
  peer.send(down(99, { kind: "killed", message: "never set" }));
  peer.send(down(1, { kind: "error", message: "x".repeat(100_000), further: 1 }));
  peer.send(down(1, { kind: "killed", message: "again" }));
  peer.send(meshFrame("refusal", { id: 1, code: "not-joined", message: "again" }));
  const reason = await at.first;
  assert.equal(reason.kind, "error");
  assert.equal(reason.message.length, 2_048);
  await at.taken();
  await peer[Symbol.asyncDispose]();
  await probe.event("peer-down");
  assert.equal(told.length, 1);
});

Deno.test("A node believes no end that comes under another suite, or in another realm", async () => {
  await using at = await monitoring();
  const { probe, peer } = at;
  const body = encodeValue({ kind: "normal", message: "forged" }, "down");
  peer.send(crossing("home", "down", { id: 1 }, body, "libsodium"));
  peer.send(crossing("elsewhere", "down", { id: 1 }, body));
  await at.taken();
  assert.deepEqual((await probe.node.status()).refusedFrames, { "refused-by-policy": 2 });
  assert.deepEqual(at.told, []);
  peer.send(meshFrame("refusal", { id: 1, code: "too-many", message: "enough" }));
  const { kind, message } = await at.first;
  assert.equal(kind, "disconnected");
  assert.match(message, /refused it \(too-many\): enough/);
});

Deno.test("A peer that hangs up without a word has its actors told `disconnected`, each once", async () => {
  await using at = await monitoring();
  const { probe, peer, told } = at;
  const ref = probe.node.actor(`macula://${peer.identity.nodeId}/home/another`);
  const another = new Promise<ExitReason>((resolve) => probe.node.monitor(ref, resolve));
  await at.taken();
  await peer[Symbol.asyncDispose]();
  assert.equal((await another).kind, "disconnected");
  assert.equal((await at.first).kind, "disconnected");
  await probe.event("peer-down");
  assert.equal(told.length, 1);
});
