import assert from "node:assert/strict";
import { join } from "node:path";
import {
  assertFailed,
  eventsOf,
  macula,
  MaculaProcess,
  makeFolder,
  runNode,
} from "./cli_fixture.ts";

/** The arguments of a command that runs a program of JavaScript. */
function program(source: string): readonly string[] {
  return ["--", Deno.execPath(), "eval", source];
}

const READ = `const args = JSON.parse(await new Response(Deno.stdin.readable).text());`;
const WINDOWS = Deno.build.os === "windows";

Deno.test("macula serve runs a program for each call, both ways", async () => {
  await using node = await runNode();
  const source = `${READ} const { MACULA_PROCEDURE, MACULA_CALLER } = Deno.env.toObject();
    console.log(JSON.stringify({ args, MACULA_PROCEDURE, caller: MACULA_CALLER !== undefined }));`;
  for (const way of node.ways) {
    await using serving = new MaculaProcess([
      "serve",
      "lob/x",
      "--json",
      ...way,
      ...program(source),
    ]);
    await serving.event("ready");
    const far = way[0] === "--bootstrap";
    const call = ["call", "lob/x", "1", '{"$bytes":"AQID"}', "--data", node.data];
    const { code, stdout, stderr } = await macula([...call, "--timeout", "30s"]);
    assert.equal(code, 0, stderr.join("\n"));
    assert.deepEqual(JSON.parse(stdout[0]!), {
      args: [1, { $bytes: "AQID" }],
      ...{ MACULA_PROCEDURE: "lob/x", caller: far },
    });
    const { procedure, caller, error } = await serving.event("call");
    assert.deepEqual([procedure, caller, error], ["lob/x", far ? node.id : undefined, undefined]);
    serving.signal("SIGINT");
    assert.equal((await serving.end()).code, 0);
    if (far) continue; // the DHT remembers the short-lived node for a while
    const again = await macula(["call", "lob/x", "--data", node.data]);
    assertFailed(again, 1, /nobody serves lob\/x/);
  }
});

Deno.test({
  name: "macula serve takes JSON, text or nothing for a result, and fails with the program's words",
  ignore: WINDOWS,
  async fn() {
    await using node = await runNode();
    const script = `read -r args
      case "$args" in
        '["json"]') echo '{"sum":42}' ;;
        '["text"]') printf 'no JSON\\n' ;;
        '["nothing"]') ;;
        '["fail"]') echo first >&2; echo 'no such month' >&2; exit 3 ;;
        '["signal"]') kill -9 $$ ;;
        '["huge"]') head -c 2000000 /dev/zero ;;
        '["broken"]') printf '\\377' ;;
      esac`;
    const way = ["--data", node.data];
    await using serving = new MaculaProcess(["serve", "lob/x", ...way, "--", "sh", "-c", script]);
    await serving.note("serving lob/x");
    const call = (what: string) => macula(["call", "lob/x", what, ...way]);
    assert.deepEqual((await call("json")).stdout, ['{"sum":42}']);
    assert.deepEqual((await call("text")).stdout, ["no JSON"]);
    assert.deepEqual(await call("nothing"), { code: 0, stdout: [], stderr: [] });
    assertFailed(await call("fail"), 1, /lob\/x failed: .*ended with code 3: no such month$/);
    assertFailed(await call("signal"), 1, /lob\/x failed: .*ended by SIGKILL/);
    assertFailed(await call("huge"), 1, /printed more than 1048576 bytes, and was killed/);
    assertFailed(await call("broken"), 1, /what it printed is not UTF-8/);
    assert.deepEqual((await call("json")).stdout, ['{"sum":42}']);
  },
});

Deno.test({
  name: "macula serve kills a program for which nobody waits, and those that run when it ends",
  ignore: WINDOWS,
  async fn() {
    await using folder = await makeFolder();
    await using node = await runNode();
    // Whoever reads the pipe waits for the program that writes to it.
    const pipe = join(folder.path, "pipe");
    assert(new Deno.Command("mkfifo", { args: [pipe] }).outputSync().success);
    const script = `echo $$ > ${pipe}; exec sleep 1000`;
    const way = ["--data", node.data];
    const serve = ["serve", "lob/x", "--json", "--parallel", "1", ...way, "--", "sh", "-c", script];
    await using serving = new MaculaProcess(serve);
    await serving.event("ready");
    const first = Deno.readTextFile(pipe);
    const late = await macula(["call", "lob/x", "--timeout", "1s", ...way]);
    assertFailed(late, 4, /lob\/x gave no answer within 1 s/);
    // Told when the program's turn is over; the next one waits for it.
    assert.notEqual((await serving.event("call")).error, undefined);
    const second = Deno.readTextFile(pipe);
    await using call = new MaculaProcess(["call", "lob/x", "--timeout", "1h", ...way]);
    const pids = [await first, await second].map((text) => text.trim());
    assert.deepEqual(pids.map(runs), [false, true]);
    serving.signal("SIGINT");
    assert.equal((await serving.end()).code, 0);
    assert.equal((await call.end()).code, 1);
    assert.deepEqual(pids.map(runs), [false, false]);
  },
});

Deno.test({
  name: "macula serve runs so many programs at once, and has further calls wait",
  ignore: WINDOWS,
  async fn() {
    await using folder = await makeFolder();
    await using node = await runNode();
    const lock = join(folder.path, "lock");
    const script = `mkdir ${lock} || exit 9; sleep 0.1; rmdir ${lock}; echo 1`;
    const way = ["--data", node.data];
    const serve = ["serve", "lob/x", "--json", "--parallel", "1", ...way, "--", "sh", "-c", script];
    await using serving = new MaculaProcess(serve);
    await serving.event("ready");
    const calls = Array.from({ length: 4 }, () => macula(["call", "lob/x", ...way]));
    assert.deepEqual((await Promise.all(calls)).map(({ code }) => code), [0, 0, 0, 0]);
    serving.signal("SIGINT");
    const ends = eventsOf(await serving.end()).filter(({ event }) => event === "call");
    assert.deepEqual(ends.map(({ error }) => error), Array(4).fill(undefined));
  },
});

/** Whether a process runs: signal 0 of kill(2) asks, and does nothing. */
function runs(pid: string): boolean {
  return new Deno.Command("kill", { args: ["-0", pid], stderr: "null" }).outputSync().success;
}
