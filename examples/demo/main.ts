/**
 * Two nodes in two processes on this machine: one publishes the machine's metrics, the other keeps
 * their statistics and is called for them, and survives a crash of the actor that keeps them.
 *
 * `deno task demo [--json] [--seconds <n>]`. Exit codes: 0 every reading arrived once and in order,
 * every call was answered and the crash was survived; 1 not so; 2 wrong use; 130 interrupted.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { Board } from "./board.ts";
import { DEFAULT_SECONDS, MAX_SECONDS } from "./constants.ts";
import { run } from "./run.ts";
import { Screen, styled, terminalRoom } from "./screen.ts";
import { type Room, table } from "./table.ts";
import type { Figures, Verdict } from "./verdict.ts";

const USAGE = `deno task demo [--json] [--seconds <n>]

Two nodes in two processes on this machine: metrics are published, kept and called for.

  --json         print nothing but one line of JSON with the figures
  --seconds <n>  how long metrics are published, 1 to ${MAX_SECONDS}; ${DEFAULT_SECONDS} unless named`;

/** Characters in a line where there is no terminal. */
const PLAIN_COLUMNS = 100;

interface Options {
  readonly json: boolean;
  readonly seconds: number;
  readonly help: boolean;
}

/** @throws {TypeError | RangeError} when the arguments are wrong */
function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      json: { type: "boolean", default: false },
      seconds: { type: "string", default: String(DEFAULT_SECONDS) },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const seconds = Number(values.seconds);
  if (!Number.isSafeInteger(seconds) || seconds < 1 || seconds > MAX_SECONDS) {
    throw new RangeError(
      `--seconds is "${values.seconds}": give a whole number from 1 to ${MAX_SECONDS}`,
    );
  }
  return { json: values.json, help: values.help, seconds };
}

/** Runs the demo; returns the exit code. */
async function main(args: string[]): Promise<number> {
  let options: Options;
  try {
    options = readOptions(args);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  using interrupt = onInterrupt();
  try {
    const { figures, problems } = await show(options, interrupt.signal);
    if (options.json) console.log(JSON.stringify(figures));
    else if (problems.length === 0) console.log(inWords(figures));
    for (const problem of problems) console.error(`failed: ${problem}`);
    return problems.length === 0 ? 0 : 1;
  } catch (error) {
    if (interrupt.signal.aborted) return 130;
    console.error(`failed: ${(error as Error).message}`);
    return 1;
  }
}

/** Runs it with what people see meanwhile. */
async function show({ json, seconds }: Options, signal: AbortSignal): Promise<Verdict> {
  const board = new Board(seconds);
  if (json) return await run(seconds, board, signal);
  if (!Deno.stdout.isTerminal()) {
    const verdict = await run(seconds, board, signal);
    const lines = table(board, { columns: PLAIN_COLUMNS, rows: Infinity });
    for (const line of lines) console.log(styled(line, false));
    console.log();
    return verdict;
  }
  using screen = new Screen(write, !Deno.noColor);
  const draw = (room: Room) => screen.draw(table(board, room));
  draw(terminalRoom());
  const verdict = await run(seconds, {
    sensorSaid: (line) => board.sensorSaid(line),
    stationSaid(line) {
      board.stationSaid(line);
      draw(terminalRoom()); // the station reports regularly: its words set the pace
    },
  }, signal);
  draw({ ...terminalRoom(), rows: Infinity }); // nothing is drawn over it: it may scroll
  return verdict;
}

function inWords({ published, rpc }: Figures): string {
  const count = new Intl.NumberFormat("en").format;
  return `ok: ${count(published)} readings published, each received once and in order; ` +
    `one crash survived\n    ${rpc.calls} calls answered, ` +
    `p50 ${count(rpc.p50_us ?? NaN)} µs, p99 ${count(rpc.p99_us ?? NaN)} µs`;
}

/** A signal that is aborted when the user or the system asks the demo to end. */
function onInterrupt(): { readonly signal: AbortSignal } & Disposable {
  const interrupted = new AbortController();
  const abort = () => interrupted.abort(new DOMException("interrupted", "AbortError"));
  const names: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  for (const name of names) Deno.addSignalListener(name, abort);
  return {
    signal: interrupted.signal,
    [Symbol.dispose]: () => {
      for (const name of names) Deno.removeSignalListener(name, abort);
    },
  };
}

const utf8 = new TextEncoder();

function write(text: string): void {
  let bytes: Uint8Array = utf8.encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
}

if (import.meta.main) Deno.exitCode = await main(Deno.args);
