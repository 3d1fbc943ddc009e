import assert from "node:assert/strict";
import { join } from "node:path";
import { HandlerError, NoSuchProcedureError, type Value } from "../mod.ts";
import { bytesOf } from "./connection_bytes.ts";
import { connectToNode, type Control, openControl } from "./control.ts";
import { ControlClient } from "./control_client.ts";
import { connectToControl, type ControlPlatform } from "./control_listener.ts";
import { type ControlPlace, MAX_SOCKET_PATH_BYTES, readPlace } from "./control_place.ts";
import { MAX_LINE_BYTES, type Message } from "./control_protocol.ts";
import { readMessage } from "./control_session.ts";
import { FakeNode } from "./control_testing.ts";
import { controlledNode } from "./controlled_node.ts";
import { linesOf } from "./lines.ts";

const WINDOWS = Deno.build.os === "windows";
const KINDS: readonly ControlPlatform["kind"][] = WINDOWS ? ["tcp"] : ["unix", "tcp"];

/** Longer than any answer takes that comes, in milliseconds. */
const PATIENCE_MS = 60_000;

/** A fake node with a control socket in a folder of its own. */
class Open implements AsyncDisposable {
  readonly node = new FakeNode();

  private constructor(
    readonly root: string,
    readonly data: string,
    readonly platform: ControlPlatform,
    readonly control: Control,
  ) {}

  static async start(kind: ControlPlatform["kind"], subfolder = "d"): Promise<Open> {
    const root = await Deno.makeTempDir({ prefix: "macula-control-" });
    const data = join(root, subfolder);
    await Deno.mkdir(data, { recursive: true });
    const platform = { kind, runtimeFolders: [join(root, "absent".repeat(20)), root] };
    const node = new FakeNode();
    const control = await openControl(node.face(), data, platform);
    return Object.assign(new Open(root, data, platform, control), { node });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.control[Symbol.asyncDispose]();
    await Deno.remove(this.root, { recursive: true });
  }
}

/** Writes lines to a control socket, and reads what it says until it closes the connection. */
async function say(place: ControlPlace, ...lines: readonly string[]): Promise<Message[]> {
  using connection = await connectToControl(place);
  const reading = Array.fromAsync(linesOf(bytesOf(connection)), readMessage);
  try {
    for (const line of lines) {
      const bytes = new TextEncoder().encode(line);
      for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
    }
  } catch {
    // The server has closed it, having read enough.
  }
  return await reading;
}

for (const kind of KINDS) {
  Deno.test(`A control socket (${kind}) brings requests to the node, and what it answers back`, async () => {
    await using open = await Open.start(kind);
    await using client = await connectToNode(open.data, PATIENCE_MS);
    assert.equal(client.nodeId, "bfake");
    const node = controlledNode(client);
    const payload = { celsius: 19.5, at: new Date(0), id: 5n, raw: Uint8Array.of(1) };
    await node.publish("iot/x", payload);
    await node.publish("iot/x", undefined);
    assert.deepEqual(open.node.published, [["iot/x", payload], ["iot/x", undefined]]);
    assert.deepEqual(await node.call("lob/x", [1, "two"]), [1, "two"]);
    open.node.onCall = () => Promise.resolve(undefined);
    assert.equal(await node.call("lob/x", []), undefined);
  });

  Deno.test(`A control socket (${kind}) brings errors back as what they were`, async () => {
    await using open = await Open.start(kind);
    await using client = await connectToNode(open.data, PATIENCE_MS);
    const node = controlledNode(client);
    open.node.onCall = () => Promise.reject(new NoSuchProcedureError("nobody"));
    await assert.rejects(node.call("lob/x", []), NoSuchProcedureError);
    open.node.onCall = () => Promise.reject(new HandlerError("month 13", { name: "RangeError" }));
    await assert.rejects(node.call("lob/x", []), {
      message: "month 13",
      data: { name: "RangeError" },
    });
    open.node.onCall = () => Promise.reject(new TypeError("odd"));
    await assert.rejects(node.call("lob/x", []), { name: "Failure", exit: 1, message: "odd" });
  });

  Deno.test(`A control socket (${kind}) ends a call whose caller gives up`, async () => {
    await using open = await Open.start(kind);
    await using client = await connectToNode(open.data, PATIENCE_MS);
    const begun = Promise.withResolvers<AbortSignal>();
    open.node.onCall = (_, signal) => {
      begun.resolve(signal!);
      return new Promise((_, reject) =>
        signal?.addEventListener("abort", () => reject(signal.reason))
      );
    };
    const abort = new AbortController();
    const calling = controlledNode(client).call("lob/x", [], { signal: abort.signal });
    await begun.promise;
    abort.abort();
    await assert.rejects(calling, { code: "cancelled" });
  });

  Deno.test(`A control socket (${kind}) brings publications until their reader ends`, async () => {
    await using open = await Open.start(kind);
    await using client = await connectToNode(open.data, PATIENCE_MS);
    const publications = controlledNode(client).subscribe("iot/**");
    await publications.ready;
    const [source] = open.node.subscriptions;
    for (let i = 0; i < 500; i++) source?.publish(i);
    const seen: Value[] = [];
    for await (const { payload } of publications) if (seen.push(payload) === 500) break;
    assert.deepEqual(seen, [...Array(500).keys()]);
    await controlledNode(client).publish("iot/x", 1); // the cancel has been read by then
    await client[Symbol.asyncDispose]();
  });

  Deno.test(`A control socket (${kind}) takes no more publications than its reader does`, async () => {
    await using open = await Open.start(kind);
    const { place } = open.control;
    using slow = await connectToControl(place);
    const token = place.kind === "tcp" ? `{"token":"${place.token}"}\n` : "";
    const subscribe = `${token}{"id":1,"do":"subscribe","pattern":"iot/**"}\n`;
    await slow.write(new TextEncoder().encode(subscribe));
    const lines = linesOf(bytesOf(slow));
    assert.match((await lines.next()).value, /"nodeId":"bfake"/);
    assert.equal((await lines.next()).value, `{"id":1,"ok":{}}`);
    const source = open.node.subscriptions[0]!;
    const payload = "x".repeat(2 ** 18);
    for (let i = 0; i < 1_000; i++) source.publish(payload);
    await using client = await connectToNode(open.data, PATIENCE_MS);
    const node = controlledNode(client);
    // The node has had more than time enough to take them all.
    for (let i = 0; i < 200; i++) await node.publish("iot/x", i);
    assert(source.taken < 100, `${source.taken} were taken`);
  });

  Deno.test(`A control socket (${kind}) ends what a command asked for when it goes away`, async () => {
    await using open = await Open.start(kind);
    const client = await connectToNode(open.data, PATIENCE_MS);
    const node = controlledNode(client);
    await node.subscribe("iot/**").ready;
    await node.serve("lob/x", ({ args }) => Promise.resolve(args.length));
    const call = { args: [1, 2], caller: undefined, signal: new AbortController().signal };
    const serve = open.node.served.get("lob/x")!;
    assert.equal(await serve(call), 2);
    await client[Symbol.asyncDispose]();
    await open.control[Symbol.asyncDispose](); // waits for what is under way
    assert.equal(open.node.served.size, 0);
    assert(open.node.subscriptions[0]?.ended);
    await assert.rejects(serve(call), /is gone/);
  });

  Deno.test(`A control socket (${kind}) tells its commands that the node stops`, async () => {
    await using open = await Open.start(kind);
    await using client = await connectToNode(open.data, PATIENCE_MS);
    const publications = controlledNode(client).subscribe("iot/**");
    await publications.ready;
    await open.control[Symbol.asyncDispose]();
    await assert.rejects(client.lost, { code: "node-gone" });
    await assert.rejects(Array.fromAsync(publications), { code: "node-gone" });
    await assert.rejects(client.request({ do: "status" }), { code: "node-gone" });
    await assert.rejects(connectToNode(open.data, PATIENCE_MS), { code: "no-node" });
  });

  Deno.test(`A control socket (${kind}) refuses a line that is too long, and closes`, async () => {
    await using open = await Open.start(kind);
    const { place } = open.control;
    const token = place.kind === "tcp" ? [`{"token":"${place.token}"}\n`] : [];
    const [greeting, refusal, ...rest] = await say(place, ...token, "x".repeat(MAX_LINE_BYTES + 1));
    assert.equal(greeting?.nodeId, "bfake");
    assert.match(JSON.stringify(refusal), /"code":"usage".*longer than 4194304/);
    assert.deepEqual(rest, []);
    await using client = await connectToNode(open.data, PATIENCE_MS);
    assert.equal(client.nodeId, "bfake");
  });

  Deno.test(`A control socket (${kind}) leaves nothing behind`, async () => {
    await using open = await Open.start(kind);
    await open.control[Symbol.asyncDispose]();
    assert.deepEqual(await Array.fromAsync(Deno.readDir(open.data)), []);
  });
}

Deno.test("A control socket over TCP lets nobody in without the token", async () => {
  await using open = await Open.start("tcp");
  const { place } = open.control;
  const token = "0".repeat(64);
  const lines = [`{"token":"${token}"}\n`, `{"id":1,"do":"status"}\n`, "\n", "x".repeat(1_000)];
  for (const line of lines) {
    const said = await say(place, line);
    assert.equal(said.length, 1, line);
    assert.match(JSON.stringify(said), /^\[\{"error":/);
  }
  const connection = await connectToControl(place);
  await assert.rejects(ControlClient.open(connection, token), { code: "token", exit: 3 });
});

Deno.test("A control socket over TCP says where it is in a file of its owner alone", async () => {
  await using open = await Open.start("tcp");
  assert.deepEqual(await readPlace(open.data), open.control.place);
  const { mode } = await Deno.stat(join(open.data, "control"));
  if (!WINDOWS) assert.equal((mode ?? 0) & 0o777, 0o600);
});

Deno.test({
  name: "A Unix control socket is its owner's alone, in the data folder",
  ignore: WINDOWS,
  async fn() {
    await using open = await Open.start("unix");
    const path = join(await Deno.realPath(open.data), "control.sock");
    assert.deepEqual(open.control.place, { kind: "unix", path });
    const { mode } = await Deno.stat(path);
    assert.equal((mode ?? 0) & 0o777, 0o600);
    assert.deepEqual(await readPlace(open.data), open.control.place);
  },
});

Deno.test({
  name: "A Unix control socket is elsewhere when the data folder's path is too long",
  ignore: WINDOWS,
  async fn() {
    await using open = await Open.start("unix", "long-name/".repeat(15));
    const { place } = open.control;
    assert(place.kind === "unix" && place.path.length <= MAX_SOCKET_PATH_BYTES);
    assert(!place.path.startsWith(open.data));
    const folder = join(place.path, "..");
    assert.equal(((await Deno.stat(folder)).mode ?? 0) & 0o777, 0o700);
    await using client = await connectToNode(open.data, PATIENCE_MS);
    assert.equal(client.nodeId, "bfake");
    await open.control[Symbol.asyncDispose]();
    await assert.rejects(Deno.stat(folder), Deno.errors.NotFound);
  },
});

Deno.test({
  name: "A Unix control socket is in no folder that others can reach",
  ignore: WINDOWS,
  async fn() {
    await using open = await Open.start("unix", "long-name/".repeat(15));
    const { place } = open.control;
    const folder = join(place.kind === "unix" ? place.path : "", "..");
    await open.control[Symbol.asyncDispose]();
    const again = () => openControl(open.node.face(), open.data, open.platform);

    await Deno.mkdir(folder);
    await Deno.chmod(folder, 0o755);
    await assert.rejects(again(), /others than its user can reach it; remove it/);
    await Deno.remove(folder);
    await Deno.symlink(open.data, folder);
    await assert.rejects(again(), /it is no folder/);
    await Deno.remove(folder);
    await (await again())[Symbol.asyncDispose]();
  },
});

Deno.test({
  name: "A Unix control socket takes the place of one that a killed node left",
  ignore: WINDOWS,
  async fn() {
    await using open = await Open.start("unix");
    await open.control[Symbol.asyncDispose]();
    const path = join(await Deno.realPath(open.data), "control.sock");
    const dead = Deno.listen({ transport: "unix", path });
    await Deno.rename(path, `${path}.kept`); // closing removes the path that it was made under
    dead.close();
    await Deno.rename(`${path}.kept`, path);
    await Deno.writeTextFile(join(open.data, "control"), `unix:${path}\n`);
    await assert.rejects(
      connectToNode(open.data, PATIENCE_MS),
      /is gone.*start one with `macula node --data/,
    );

    await using _again = await openControl(open.node.face(), open.data, open.platform);
    await using client = await connectToNode(open.data, PATIENCE_MS);
    assert.equal(client.nodeId, "bfake");
  },
});

Deno.test("connectToNode() gives up with 4 on a node that says nothing", async () => {
  const data = await Deno.makeTempDir({ prefix: "macula-control-" });
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const text = `tcp:127.0.0.1:${listener.addr.port} ${"0".repeat(64)}\n`;
  await Deno.writeTextFile(join(data, "control"), text);
  await assert.rejects(connectToNode(data, 50), { exit: 4, message: /not answered within 50 ms/ });
  listener.close();
  await Deno.remove(data, { recursive: true });
});

Deno.test("connectToNode() says that no node runs, and that the control file is broken", async () => {
  const data = await Deno.makeTempDir({ prefix: "macula-control-" });
  await assert.rejects(
    connectToNode(data, PATIENCE_MS),
    /no node runs on .*: start one with `macula node/,
  );
  await assert.rejects(connectToNode(join(data, "absent"), PATIENCE_MS), /no node runs on /);
  const broken = ["", "unix:relative\n", "tcp:127.0.0.1:80\n", "tcp:192.0.2.7:80 ab\n"];
  for (const text of broken) {
    await Deno.writeTextFile(join(data, "control"), text);
    await assert.rejects(
      connectToNode(data, PATIENCE_MS),
      /says nothing that is a control socket's place/,
    );
  }
  await Deno.remove(data, { recursive: true });
});
