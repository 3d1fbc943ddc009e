import { EXIT } from "./exit_codes.ts";
import { Ending } from "./ending.ts";
import { Output, type OutputStream } from "./output.ts";

/** What the process gives a command; a test gives its own. */
export interface Shell {
  readonly stdin: ReadableStream<Uint8Array>;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  env(name: string): string | undefined;
  /** Calls `listener` at every SIGINT and SIGTERM until disposed. */
  onSignal(listener: () => void): Disposable;
  /** Calls `listener` at every SIGHUP until disposed; never where there is none. */
  onHangup(listener: () => void): Disposable;
  /** Ends the process at once. */
  exit(code: number): never;
}

/** What every command works with. */
export interface Context extends AsyncDisposable {
  readonly stdin: ReadableStream<Uint8Array>;
  readonly output: Output;
  readonly ending: Ending;
  /** What ended stdout, if it was anything but its reader's going away. */
  readonly outputError: Error | undefined;
  /** Calls `listener` whenever the command is told to read its files again, until disposed. */
  onReload(listener: () => void): Disposable;
}

/**
 * Makes the context of one command: from here on signals end it, a second one at once.
 *
 * @param args the command line, of which `--json` and `--verbose` count for every command
 */
export function openContext(shell: Shell, args: readonly string[]): Context {
  const options = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  const ending = new Ending();
  let outputError: Error | undefined;
  const output = new Output({
    stdout: shell.stdout,
    stderr: shell.stderr,
    json: options.includes("--json"),
    verbose: options.includes("--verbose") || isSet(shell.env("MACULA_DEBUG")),
    colours: !isSet(shell.env("NO_COLOR")) && shell.env("TERM") !== "dumb",
    onGone: (error) => {
      if (!(error instanceof Deno.errors.BrokenPipe)) outputError = error;
      ending.come("output");
    },
  });
  const signals = shell.onSignal(() => {
    if (ending.cause === "signal") shell.exit(EXIT.failed);
    ending.come("signal");
  });
  return {
    stdin: shell.stdin,
    output,
    ending,
    get outputError() {
      return outputError;
    },
    onReload: (listener) => shell.onHangup(listener),
    async [Symbol.asyncDispose]() {
      await output.flush();
      signals[Symbol.dispose]();
    },
  };
}

/** The process itself. */
export function processShell(): Shell {
  return {
    stdin: Deno.stdin.readable,
    stdout: Deno.stdout,
    stderr: Deno.stderr,
    env: (name) => Deno.env.get(name),
    exit: (code) => Deno.exit(code),
    // Windows has no SIGTERM; SIGBREAK is what it sends instead.
    onSignal: (listener) =>
      onSignals(WINDOWS ? ["SIGINT", "SIGBREAK"] : ["SIGINT", "SIGTERM"], listener),
    // What Windows calls so is the end of the console, which ends the process.
    onHangup: (listener) => onSignals(WINDOWS ? [] : ["SIGHUP"], listener),
  };
}

const WINDOWS = Deno.build.os === "windows";

function onSignals(signals: readonly Deno.Signal[], listener: () => void): Disposable {
  for (const signal of signals) Deno.addSignalListener(signal, listener);
  return {
    [Symbol.dispose]() {
      for (const signal of signals) Deno.removeSignalListener(signal, listener);
    },
  };
}

/** Whether a variable of the environment is there and not empty (no-color.org). */
function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}
