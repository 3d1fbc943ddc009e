import assert from "node:assert/strict";
import type { AnyRef, ExitKind, ExitReason, HandlersOf, Ref } from "../actors/mod.ts";
import type { MaculaNode } from "./node.ts";
import type { NodeSpawnOptions } from "./node_options.ts";
import { connected, Probe } from "./testing.ts";
import mortal from "./testing/mortal_actor.ts";

type Mortal = Ref<HandlersOf<typeof mortal>>;

const EXPOSED = { placement: "here", name: "mortal", expose: "home" } as const;

function farMortal(from: MaculaNode, on: MaculaNode): Mortal {
  return from.actor<typeof mortal>(`macula://${on.id}/home/mortal`);
}

function down(node: MaculaNode, ref: AnyRef): Promise<ExitReason> {
  return new Promise((resolve) => node.monitor(ref, resolve));
}

/** How an actor ends, what ends it, and where it is to be for that. */
const ENDS: readonly (readonly [
  kind: ExitKind,
  message: RegExp,
  end: (ref: Mortal) => void,
  options?: NodeSpawnOptions<[]>,
])[] = [
  ["normal", /normal/, (ref) => ref.tell.quit()],
  ["error", /as it was told/, (ref) => ref.tell.fail("as it was told")],
  ["killed", /killed/, (ref) => ref.tell.beKilled()],
  ["intensity", /failed more than 0 times/, (ref) => ref.tell.failBelow()],
  ["shard-lost", /shard 1 is gone/, (ref) => ref.tell.loseShard(), { placement: "shard" }],
  [
    "process-lost",
    /did not answer/,
    (ref) => ref.tell.spin(),
    { placement: "process", box: { unansweredMs: 200 } },
  ],
];

for (const [kind, message, end, options] of ENDS) {
  Deno.test(`MaculaNode.monitor() tells how an actor of another node ended: ${kind}`, async () => {
    await using pair = await connected({}, options?.placement === "shard" ? { shards: 1 } : {});
    const { a, b } = pair;
    await b.node.spawn(mortal, { ...EXPOSED, restart: "temporary", ...options });
    const far = farMortal(a.node, b.node);
    const told = down(a.node, far.with({ deadlineMs: 1_000 }));
    end(far);
    const reason = await told;
    assert.equal(reason.kind, kind);
    assert.match(reason.message, message);
  });
}

Deno.test("MaculaNode.monitor() tells that a far actor was stopped, and that it is no more", async () => {
  await using pair = await connected();
  const { a, b } = pair;
  const ref = await b.node.spawn(mortal, EXPOSED);
  const far = farMortal(a.node, b.node);
  const told = down(a.node, far);
  await far.ask.alive();
  await b.node.stopActor(ref);
  assert.equal((await told).kind, "shutdown");
  const { kind, message } = await down(a.node, far);
  assert.equal(kind, "no-such-actor");
  assert.match(message, /no actor "mortal" is exposed to realm home/);
});

Deno.test("MaculaNode.monitor() of a far actor is of one incarnation, and tells once", async () => {
  await using pair = await connected();
  const { a, b } = pair;
  await b.node.spawn(mortal, EXPOSED);
  const far = farMortal(a.node, b.node);
  const told: ExitReason[] = [];
  a.node.monitor(far, (reason) => told.push(reason));
  await assert.rejects(far.ask.fail("first"));
  assert(await far.ask.alive());
  const again = down(a.node, far);
  await assert.rejects(far.ask.fail("second"));
  assert.match((await again).message, /second/);
  assert.deepEqual(told, [{ kind: "error", message: "Error: first" }]);
});

Deno.test("MaculaNode.monitor() of a far actor is there before what is sent after it", async () => {
  await using pair = await connected();
  const { a, b } = pair;
  const far = farMortal(a.node, b.node);
  for (let i = 0; i < 50; i++) {
    await b.node.spawn(mortal, EXPOSED);
    const told = down(a.node, far);
    far.tell.quit();
    assert.equal((await told).kind, "normal");
    await assert.rejects(far.ask.alive());
  }
});

Deno.test("MaculaNode.monitor() tells `disconnected` once when the other node goes away", async () => {
  const a = await Probe.start();
  const b = await Probe.start({ bootstrap: [a.node.address] });
  await using _stop = a;
  await b.node.joined();
  await b.node.spawn(mortal, EXPOSED);
  const far = farMortal(a.node, b.node);
  const told: ExitReason[] = [];
  a.node.monitor(far, (reason) => told.push(reason));
  const last = down(a.node, far);
  await far.ask.alive();
  await b.node.stop();
  await a.event("peer-down");
  await last;
  // Its agents stop before it hangs up: either is an answer, and one is given.
  assert.equal(told.length, 1);
  assert(["shutdown", "disconnected"].includes(told[0]!.kind));
  assert.equal((await down(a.node, far)).kind, "disconnected");
});

Deno.test("MaculaNode.monitor() tells `disconnected` when no node is there, or this one stops", async () => {
  await using pair = await connected();
  const { a, b } = pair;
  const nobody = a.node.actor(`macula://b${"a".repeat(52)}/home/mortal`);
  const unreachable = await down(a.node, nobody);
  assert.equal(unreachable.kind, "disconnected");
  assert.match(unreachable.message, /there is no connection to node/);
  await b.node.spawn(mortal, EXPOSED);
  const far = farMortal(a.node, b.node);
  const told = down(a.node, far);
  await far.ask.alive();
  await a.node.stop();
  assert.deepEqual(await told, { kind: "disconnected", message: "this node has stopped" });
  assert.equal((await down(a.node, far)).kind, "disconnected");
});

Deno.test("MaculaNode.monitor() of a far actor that was disposed of tells nothing", async () => {
  await using pair = await connected();
  const { a, b } = pair;
  await b.node.spawn(mortal, EXPOSED);
  const far = farMortal(a.node, b.node);
  const told: ExitReason[] = [];
  const early = a.node.monitor(far, (reason) => told.push(reason));
  early[Symbol.dispose](); // before it is set
  const late = a.node.monitor(far, (reason) => told.push(reason));
  await far.ask.alive();
  late[Symbol.dispose]();
  const kept = down(a.node, far);
  far.tell.quit();
  assert.equal((await kept).kind, "normal");
  assert.deepEqual(told, []);
});

Deno.test("MaculaNode.monitor() takes the address of an actor of its own node", async () => {
  await using probe = await Probe.start();
  const { node } = probe;
  const own = farMortal(node, node);
  assert.equal((await down(node, own)).kind, "no-such-actor");
  await node.spawn(mortal, EXPOSED);
  const told = down(node, own);
  await own.ask.alive();
  own.tell.quit();
  assert.equal((await told).kind, "normal");
});

Deno.test("MaculaNode.monitor() of what the other node refuses tells so", async () => {
  await using pair = await connected({}, { realms: ["home"] });
  const { a, b } = pair;
  await b.node.spawn(mortal, EXPOSED);
  const elsewhere = a.node.actor(`macula://${b.node.id}/office/mortal`);
  const { kind, message } = await down(a.node, elsewhere);
  assert.equal(kind, "no-such-actor");
  assert.match(message, /not-joined/);
});

Deno.test("A listener of a monitor that throws keeps no other from being called", async () => {
  await using pair = await connected();
  const { a, b } = pair;
  await b.node.spawn(mortal, EXPOSED);
  const far = farMortal(a.node, b.node);
  const { error } = console;
  const printed: unknown[] = [];
  console.error = (...words: unknown[]) => printed.push(...words);
  try {
    a.node.monitor(far, () => {
      throw new Error("the listener's own");
    });
    const told = down(a.node, far);
    far.tell.quit();
    assert.equal((await told).kind, "normal");
  } finally {
    console.error = error;
  }
  assert.match(String(printed[1]), /the listener's own/);
  assert.deepEqual(a.crashes, []);
});
