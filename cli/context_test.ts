import assert from "node:assert/strict";
import { openContext, type Shell } from "./context.ts";

/** A process whose signals, exit and output are the test's. */
class FakeShell implements Shell {
  readonly exits: number[] = [];
  readonly stdin = ReadableStream.from<Uint8Array>([]);
  readonly stderr = { write: (bytes: Uint8Array) => Promise.resolve(bytes.length), isTerminal };
  readonly #listeners = new Set<() => void>();
  broken: Error | undefined;

  readonly stdout = {
    write: (bytes: Uint8Array) =>
      this.broken ? Promise.reject(this.broken) : Promise.resolve(bytes.length),
    isTerminal,
  };

  get listeners(): number {
    return this.#listeners.size;
  }

  env(): undefined {}

  onSignal(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  onHangup(): Disposable {
    return { [Symbol.dispose]() {} };
  }

  signal(): void {
    for (const listener of this.#listeners) listener();
  }

  exit(code: number): never {
    this.exits.push(code);
    throw new Error(`exit ${code}`);
  }
}

function isTerminal(): boolean {
  return false;
}

Deno.test("openContext() lets the first signal end the command, and the second the process", async () => {
  const shell = new FakeShell();
  await using context = openContext(shell, []);
  shell.signal();
  assert.equal(await context.ending.came, "signal");
  assert.deepEqual(shell.exits, []);
  assert.throws(() => shell.signal(), /exit 1/);
  assert.deepEqual(shell.exits, [1]);
});

Deno.test("openContext() lets a command whose reader is gone end, which is no error", async () => {
  const shell = new FakeShell();
  shell.broken = new Deno.errors.BrokenPipe("reader gone");
  await using context = openContext(shell, []);
  void context.output.line("a");
  assert.equal(await context.ending.came, "output");
  assert.equal(context.outputError, undefined);
});

Deno.test("openContext() remembers any other reason why output cannot be written", async () => {
  const shell = new FakeShell();
  shell.broken = new Error("no space left on device");
  await using context = openContext(shell, []);
  void context.output.line("a");
  await context.ending.came;
  assert.equal(context.outputError, shell.broken);
});

Deno.test("openContext() takes --json for an option before -- only", async () => {
  await using before = openContext(new FakeShell(), ["call", "lob/x", "--json"]);
  await using after = openContext(new FakeShell(), ["call", "lob/x", "--", "--json"]);
  assert.deepEqual([before.output.json, after.output.json], [true, false]);
});

Deno.test("openContext() leaves no listener behind", async () => {
  const shell = new FakeShell();
  await openContext(shell, [])[Symbol.asyncDispose]();
  assert.equal(shell.listeners, 0);
});
