import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

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

Deno.test("The demo prints one line of figures: all arrived once and in order", async () => {
  const { code, stdout, stderr } = await demo(["--json", "--seconds", "2"]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^[^\n]+\n$/, "one line, and no more");
  const { published, received, rpc, ...rest } = JSON.parse(stdout);
  assert(published >= 2 * 10 * 10, `ten metrics ten times a second are more than ${published}`);
  assert.equal(received, published);
  assert.deepEqual(rest, { duplicated: 0, outOfOrder: 0, gaps: [], restarts: 1 });
  assert.deepEqual([rpc.calls, rpc.failed], [2, 0]);
  assert(0 < rpc.p50_us && rpc.p50_us <= rpc.p99_us, stdout);
});

Deno.test("The demo shows a table in a pipe, without a terminal's sequences", async () => {
  const { code, stdout, stderr } = await demo(["--seconds", "1"]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^load-1m .*\d/m);
  assert.match(stdout, /^statistics crashed at 0\.[4-9] s, restarts 1/m);
  assert.match(stdout, /^ok: \S+ readings published, each received once and in order/m);
  assert(!stdout.includes("\x1b"));
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
      for await (const { paths } of Deno.watchFs(folder)) {
        // Once a node has made its data folder, both processes have been started.
        if (paths.some((path) => /\b(?:sensor|station)\b/.test(path.slice(folder.length)))) break;
      }
      Deno.kill(pid, "SIGINT");
    });
    assert.deepEqual([code, stdout], [130, ""]);
  },
});
