import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { lintPolicies, readPolicyFiles } from "../security/mod.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PERMISSIONS = ["net", "read", "write", "env", "ffi", "sys", "run"].map((p) => `--allow-${p}`);

/** Does something to the demo while it runs; gets its process id and its temporary folder. */
type Meddle = (pid: number, folder: string) => Promise<void>;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the demo with its temporary folders in a folder of our own, which must be empty in the end. */
async function demo(args: readonly string[], meddle?: Meddle): Promise<Ended> {
  const folder = await Deno.makeTempDir({ prefix: "macula-demo-test-" });
  try {
    const command = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--frozen", ...PERMISSIONS, "examples/demo/main.ts", ...args],
      cwd: ROOT,
      env: { NO_COLOR: "1", TMPDIR: folder, TEMP: folder, TMP: folder },
      stdout: "piped",
      stderr: "piped",
    });
    await using process = command.spawn();
    const meddled = meddle?.(process.pid, folder);
    const { code, stdout, stderr } = await process.output();
    await meddled;
    assert.deepEqual([...Deno.readDirSync(folder)], [], "it left something behind");
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, stdout: text(stdout), stderr: text(stderr) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("The demo prints one line of figures: only what the kill cost is missing", async () => {
  const { code, stdout, stderr } = await demo(["--json", "--seconds", "4"]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^[^\n]+\n$/, "one line, and no more");
  const { published, received, missedWhileDown, gaps, rpc, policies, ...rest } = JSON.parse(stdout);
  assert(published >= 4 * 10 * 10, `ten metrics ten times a second are more than ${published}`);
  assert.equal(received, published - missedWhileDown);
  assert.equal(gaps.length, 1, "one publisher, and one gap");
  const [{ publisher, from, to, missed }] = gaps;
  assert.match(publisher, /^b[a-z2-7]+$/);
  assert.deepEqual([missed, to - from + 1], [missedWhileDown, missedWhileDown]);
  assert(from > 1 && missed > 0, stdout);
  assert.deepEqual(rest, { duplicated: 0, outOfOrder: 0, restarts: 1 });
  assert(rpc.failed < rpc.calls && 0 < rpc.p50_us && rpc.p50_us <= rpc.p99_us, stdout);

  const [readings, summary] = Object.keys(policies).sort();
  assert.match(readings ?? "", /^iot\/sensor\/[^/]+\/\*$/);
  assert.equal(summary, "lob/stats/summary");
  const { app, from: places } = policies[readings ?? ""];
  assert.equal(app, "none");
  assert.match(places.app, /^policies\.yaml:\d+:\d+$/);
  assert.equal(places.require, "built in");
  assert.equal(policies["lob/stats/summary"].app, "libsodium");
  assert.deepEqual(policies["lob/stats/summary"].require, ["e2e", "sender-auth"]);
});

Deno.test("The demo shows a table in a pipe, without a terminal's sequences", async () => {
  const { code, stdout, stderr } = await demo(["--seconds", "1"]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^load-1m .*\d/m);
  assert.match(stdout, /^sensor {2}found the station in the DHT under topic\/iot\/sensor$/m);
  assert.match(stdout, /^caller {2}found the station in the DHT under proc\/lob\/stats\/summary$/m);
  assert.match(stdout, /^app +none +policies\.yaml:\d+:\d+ +libsodium +policies\.yaml:\d+:\d+$/m);
  assert.match(stdout, /^↯ station process killed \(SIGKILL\) at \S+ s, ↑ back at \S+ s as b/m);
  assert.match(stdout, /^↻ statistics crashed at \S+ s, restarts 1/m);
  assert.match(stdout, /^ok: \S+ readings published, \S+ missed in one gap around the kill/m);
  assert(!stdout.includes("\x1b"));
});

Deno.test("The demo's policies give the linter nothing to say", async () => {
  const path = `${ROOT}/examples/demo/policies.yaml`;
  assert.deepEqual(lintPolicies(await readPolicyFiles([path])), []);
});

Deno.test("The demo says what is wrong with its options, with exit code 2", async () => {
  for (const args of [["--seconds", "0"], ["--seconds", "soon"], ["--jsno"], ["more"]]) {
    const { code, stdout, stderr } = await demo(args);
    assert.deepEqual([code, stdout], [2, ""], args.join(" "));
    assert(stderr.includes(args.at(-1) ?? ""), stderr);
  }
});

Deno.test({
  name: "The demo ends its processes and leaves nothing behind when it is interrupted",
  ignore: Deno.build.os === "windows", // no signal there reaches a single process
  async fn() {
    const { code, stdout } = await demo(["--json", "--seconds", "3600"], async (pid, folder) => {
      const missing = new Set(["sensor", "station", "caller"]);
      for await (const { paths } of Deno.watchFs(folder)) {
        for (const path of paths) {
          // <folder>/<temporary folder>/<data folder of a node>/…
          for (const part of path.slice(folder.length).split(/[\\/]/)) missing.delete(part);
        }
        if (missing.size === 0) break;
      }
      Deno.kill(pid, "SIGINT");
    });
    assert.deepEqual([code, stdout], [130, ""]);
  },
});
