import assert from "node:assert/strict";
import { Failure } from "./failure.ts";
import { Output, type OutputStream } from "./output.ts";

/** A stream that keeps what is written to it. */
class KeptStream implements OutputStream {
  text = "";

  constructor(readonly terminal: boolean) {}

  write(bytes: Uint8Array): Promise<number> {
    this.text += new TextDecoder().decode(bytes);
    return Promise.resolve(bytes.length);
  }

  isTerminal(): boolean {
    return this.terminal;
  }
}

interface Given {
  readonly json?: boolean;
  readonly verbose?: boolean;
  readonly terminal?: boolean;
  readonly colours?: boolean;
}

async function printed(
  given: Given,
  print: (output: Output) => void,
): Promise<{ out: string; err: string }> {
  const { json = false, verbose = false, terminal = false, colours = true } = given;
  const stdout = new KeptStream(terminal);
  const stderr = new KeptStream(terminal);
  const onGone = (error: Error) => assert.fail(error);
  const output = new Output({ stdout, stderr, json, verbose, colours, onGone });
  print(output);
  await output.flush();
  return { out: stdout.text, err: stderr.text };
}

Deno.test("Output has results on stdout in one form, and notes on stderr", async () => {
  const print = (output: Output) => {
    void output.line("id ", ["bold", "b7"]);
    void output.event({ event: "ready", id: "b7", missing: undefined });
    void output.note("by the way");
  };
  assert.deepEqual(await printed({}, print), { out: "id b7\n", err: "by the way\n" });
  const json = await printed({ json: true }, print);
  assert.deepEqual(json, { out: '{"event":"ready","id":"b7"}\n', err: "by the way\n" });
});

Deno.test("Output has colours on a terminal only, and only if they are wanted", async () => {
  const print = (output: Output) => void output.line(["bold", "b7"]);
  assert.equal((await printed({ terminal: true }, print)).out, "\x1b[1mb7\x1b[0m\n");
  assert.equal((await printed({ terminal: true, colours: false }, print)).out, "b7\n");
  assert.equal((await printed({ terminal: false }, print)).out, "b7\n");
});

Deno.test("Output shows the escape sequences of others, and keeps one line one line", async () => {
  const print = (output: Output) => void output.line("\x1b[2J", ["bold", "a\nb"]);
  assert.equal((await printed({ terminal: false }, print)).out, "\\x1b[2Ja\\x0ab\n");
});

Deno.test("Output tells a failure in one sentence, and for programs as an event", async () => {
  const failure = new Failure(4, "unreachable", "no answer", { cause: new Error("inner") });
  const print = (output: Output) => output.failure(failure);
  assert.deepEqual(await printed({}, print), { out: "", err: "macula: no answer\n" });
  const { out } = await printed({ json: true }, print);
  assert.deepEqual(JSON.parse(out), {
    event: "error",
    code: "unreachable",
    message: "no answer",
  });
  const { err } = await printed({ verbose: true }, print);
  assert.match(err, /^macula: no answer\nError: inner\n {4}at /);
});

Deno.test("Output.during() says on a terminal what is waited for, and takes it away", async () => {
  const wait = (given: Given) =>
    printed(given, (output) => {
      void output.during("looking", Promise.resolve());
      void output.line("found");
    });
  const { out, err } = await wait({ terminal: true });
  assert.equal(out, "found\n");
  assert.equal(err, "\x1b[2mlooking …\x1b[0m\r\x1b[K");
  for (const given of [{}, { terminal: true, colours: false }, { terminal: true, json: true }]) {
    assert.equal((await wait(given)).err, "");
  }
});
