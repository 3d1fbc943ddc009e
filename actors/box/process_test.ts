import assert from "node:assert/strict";
import { EndedError } from "../mod.ts";
import { MAX_FRAME_BYTES } from "./constants.ts";
import { encodeFrame } from "./frames.ts";
import { launchScene } from "./scene.ts";
import { AgentFolder } from "./testing/agents.ts";
import { hostileHost } from "./testing/hostile_host.ts";
import { Scene } from "./testing/scene.ts";

const MEMORY = /reached the limit of its memory|allocation failed/;

/** The host in the process leans on these functions, and the agent can replace them. */
const FORGING = `
  const forge = () => Uint8Array.of(0, 0, 0, 1, 0xff);
  Uint8Array.prototype.subarray = forge;
  Uint8Array.prototype.slice = forge;`;

/** What ends a process while it handles `attempt`, and the words that its supervisor gets. */
const KILLED: readonly [what: string, attempt: string, words: RegExp][] = [
  ["frames of its own, by built-in functions that it replaced", FORGING, /no message/],
  ["an endless loop", `for (;;);`, /did not answer for 800 ms while handling "attempt"/],
  ["an endless run of microtasks", `for (;;) await null;`, /did not answer/],
  [
    "a wait for memory that nobody wakes",
    `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);`,
    /did not answer/,
  ],
  [
    "a regular expression that backtracks",
    `/^(a+)+$/.test("a".repeat(64) + "b");`,
    /did not answer/,
  ],
  [
    "an endless heap of objects",
    `const all = []; for (;;) all.push({ n: String(Math.random()) });`,
    MEMORY,
  ],
  [
    "an endless heap of byte arrays",
    `const all = []; for (;;) all.push(new Uint8Array(2 ** 22).fill(1));`,
    MEMORY,
  ],
  [
    "an endless text",
    `let text = "abcdefgh"; const all = []; for (;;) { text += text + Math.random(); all.push(text.charCodeAt(9)); }`,
    MEMORY,
  ],
];
for (const [what, attempt, words] of KILLED) {
  Deno.test(`a process with ${what} is killed, and its node does not notice`, async () => {
    await using scene = await Scene.make();
    const box = words === MEMORY ? { unansweredMs: 60_000 } : {};
    const ref = await scene.spawn(attempt, "", box);
    const asked = ref.with({ deadlineMs: 60_000 }).ask.attempt();
    await scene.undisturbed(assert.rejects(asked, words));
  });
}

Deno.test("a process that spins as it is loaded is killed, and its spawn fails", async () => {
  await using scene = await Scene.make();
  await scene.undisturbed(assert.rejects(scene.spawn("", "for (;;);"), /did not answer/));
});

Deno.test("a process that spins between two messages is killed", async () => {
  await using scene = await Scene.make();
  const ref = await scene.spawn(`setTimeout(() => { for (;;); }, 1);`);
  const down = scene.boxes.down(ref);
  await ref.ask.attempt();
  assert.match((await scene.undisturbed(down)).message, /did not answer for 800 ms and was killed/);
});

/** Floods: each must leave the node its turns. */
const FLOODS: readonly [what: string, attempt: string][] = [
  ["tells", `for (let i = 0; i < 20_000; i++) given[0].tell.ping();`],
  [
    "tells of 256 KiB",
    `const b = new Uint8Array(2 ** 18); for (let i = 0; i < 20; i++) given[0].tell.ping(b);`,
  ],
  ["tells to itself", `for (let i = 0; i < 20_000; i++) ctx.self.tell.nothing();`],
  [
    "asks",
    `const all = []; for (let i = 0; i < 5_000; i++) all.push(given[0].ask.ping());
    await Promise.allSettled(all);`,
  ],
  ["publications", `for (let i = 0; i < 20_000; i++) ctx.publish("a/b", i).catch(() => {});`],
  ["lines on its console", `for (let i = 0; i < 2_000; i++) console.log("x".repeat(500));`],
  ["timers", `for (let i = 0; i < 20_000; i++) ctx.after(0, "nothing");`],
];
for (const [what, attempt] of FLOODS) {
  Deno.test(`a process with a flood of ${what} leaves its node its turns`, async () => {
    await using scene = await Scene.make();
    const ref = await scene.spawn(`${attempt} return "done";`, "", { unansweredMs: 60_000 });
    const asked = ref.with({ deadlineMs: 60_000 }).ask.attempt(scene.witness);
    assert.equal(await scene.undisturbed(asked), "done");
  });
}

const raw = (...bytes: number[]) => Uint8Array.of(...bytes);
const READY = ["ready", ["attempt"]];
const OPTIONS = { deadlineMs: null, credit: null, priority: false };

/** What a host that was taken over may write, and why it is killed for it. */
const FORGED: readonly [what: string, actions: readonly unknown[], words: RegExp][] = [
  ["a length beyond the bound", [READY, raw(255, 255, 255, 255)], /frame of 4294967295 bytes/],
  ["a length of nothing", [READY, raw(0, 0, 0, 0)], /frame of 0 bytes/],
  ["what is no CBOR", [READY, raw(0, 0, 0, 2, 0xff, 0xff)], /sent what is no message/],
  ["text", [READY, new TextEncoder().encode("hello, world\n")], /frame of 1751477356 bytes/],
  ["a value that is no frame", [READY, { op: "tell" }], /no list/],
  ["an unknown operation", [READY, ["spawn", 1]], /unknown operation "spawn"/],
  ["an operation of Object's", [READY, ["constructor"]], /unknown operation/],
  ["a frame that is too short", [READY, ["tell", 0]], /lacks a field/],
  ["a frame that is too long", [READY, ["cancel", 1, 1]], /should not have/],
  ["a handle that it was not given", [READY, ["tell", 7, "ping", [], OPTIONS]], /handle 7/],
  [
    "a handle inside of a value",
    [READY, ["tell", 0, "x", [[null, [[[], 9]]]], OPTIONS]],
    /handle 9/,
  ],
  ["a path that leads to a prototype", [
    READY,
    ["tell", 0, "x", [[{ a: null }, [[["constructor", "prototype"], 0]]]], OPTIONS],
  ], /leads nowhere/],
  ["a handler that would make its owner wait for ever", [["ready", ["then"]]], /handler "then"/],
  ["an answer to nothing", [READY, ["done", 99, []]], /answers what was not asked/],
  ["a reply to nothing", [READY, ["reply", 99, []]], /replies to what was not deferred/],
  ["a deferral of nothing", [READY, ["defer", 99]], /cannot defer/],
  [
    "a refusal of nothing",
    [READY, ["refuse", 99, { code: "x", message: "", data: {} }]],
    /not in hand/,
  ],
  ["more back than it was given", [READY, ["forget", 0, 2]], /handle 0/],
  ["too many requests", [
    READY,
    ["read", 1, 0, "attempt", [], OPTIONS], // a stream without an item: no pull is answered
    ...Array.from({ length: 1_025 }, (_, i) => ["pull", i, 1]),
  ], /one request more than may be open|no stream/],
  ["the same request twice", [
    READY,
    ["read", 1, 0, "attempt", [], OPTIONS],
    ["pull", 1, 1],
    ["pull", 1, 1],
  ], /repeats/],
  ["a pull on no stream", [READY, ["pull", 1, 1]], /pulls on what is no stream/],
  ["a deed that there is not", [READY, ["do", "constructor", []]], /nobody does/],
  ["a name under a handle of its owner's", [READY, ["named", 1, "x"]], /handle 1/],
];
for (const [what, actions, words] of FORGED) {
  Deno.test(`a process that writes ${what} is killed`, async () => {
    await using scene = await Scene.make();
    const failed = scene.boxes.nextCrash().then(({ error }) => error);
    // It may well be killed for it before its start has settled, which then fails.
    const unstarted = scene.boxes.spawnHost(hostileHost(actions)).then(
      () => failed,
      (error: Error) => error.message,
    );
    assert.match(await scene.undisturbed(Promise.race([failed, unstarted])), words);
  });
}

Deno.test("a process that floods its pipe with frames leaves its node its turns", async () => {
  await using scene = await Scene.make();
  const frame = encodeFrame(["tell", 0, "unknown", [], OPTIONS], MAX_FRAME_BYTES).toBase64();
  const ref = await scene.boxes.spawnHost(hostileHost(
    [READY],
    `const frame = Uint8Array.fromBase64("${frame}");
     const flood = new Uint8Array(frame.length * 1_000);
     for (let at = 0; at < flood.length; at += frame.length) flood.set(frame, at);
     for (let n = 0; n < 50; n++) {
       for (let at = 0; at < flood.length;) at += Deno.stdout.writeSync(flood.subarray(at));
     }
     Deno.exit(7);`,
  ));
  const failed = await scene.undisturbed(scene.boxes.down(ref));
  assert.match(failed.message, /ended with code 7|did not answer/);
  await scene.boxes.system.stopActor(ref);
});

Deno.test("a process that ends is lost, with its code", async () => {
  await using scene = await Scene.make();
  const ref = await scene.spawn(`Deno.exit(3);`, "", { permissions: { env: true } });
  await assert.rejects(ref.ask.attempt(), /ended with code 3 while handling "attempt"/);
});

Deno.test("a process that is killed by its supervisor leaves nobody waiting", async () => {
  await using scene = await Scene.make();
  const ref = await scene.spawn(`for (;;);`, "", { unansweredMs: 3_600_000 });
  const asked = assert.rejects(ref.with({ deadlineMs: 60_000 }).ask.attempt(), EndedError);
  await scene.boxes.system.stop();
  await asked;
});

const canBind = await launchScene().then(({ setpriv }) => setpriv !== undefined);
Deno.test({
  name: "a process that spins ends with its node, though that is killed",
  ignore: !canBind || Deno.build.os !== "linux",
  async fn() {
    await using folder = await AgentFolder.make();
    const url = await folder.agent("agent.ts", "attempt() { for (;;); }");
    const node = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", new URL("./testing/orphan_node.ts", import.meta.url).pathname, url.href],
      ...{ stdin: "null", stdout: "piped", stderr: "null" },
    }).spawn();
    const reader = node.stdout.getReader();
    const pid = new TextDecoder().decode((await reader.read()).value).trim();
    assert.match(pid, /^\d+$/);
    assert.equal(await isRunning(pid), true);
    node.kill("SIGKILL");
    await node.status;
    await reader.cancel();
    while (await isRunning(pid)); // ends, or this test does not
  },
});

/** Whether there is such a process that has not ended. */
async function isRunning(pid: string): Promise<boolean> {
  // Not read here: Deno opens /proc only for who may do anything.
  const { success, stdout } = await new Deno.Command("cat", {
    args: [`/proc/${pid}/status`],
    stderr: "null",
  }).output();
  return success && !/^State:\s+[ZX]/m.test(new TextDecoder().decode(stdout));
}
