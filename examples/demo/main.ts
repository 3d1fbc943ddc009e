/**
 * Three nodes in three processes on this machine, which know nothing but the address of a fourth
 * and find each other in the DHT: one publishes the machine's metrics, one keeps their statistics,
 * one calls for them. The second is killed half-way, and comes back.
 *
 * `deno task demo [--json] [--seconds <n>]`. Exit codes: 0 every reading arrived once and in order
 * and every call was answered, but for those of the outage, and the kill and a crash were survived;
 * 1 not so; 2 wrong use; 130 interrupted.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { Board } from "./board.ts";
import { DEFAULT_SECONDS, MAX_SECONDS, REPORT_PERIOD_MS } from "./constants.ts";
import { run } from "./run.ts";
import { Screen, styled, terminalRoom } from "./screen.ts";
import { type Room, table } from "./table.ts";
import { ticks } from "./ticks.ts";
import type { Figures, Verdict } from "./verdict.ts";

const USAGE = `deno task demo [--json] [--seconds <n>]

Three node processes find each other in the DHT: metrics are published, kept and called for, and
half-way the process that keeps them is killed and started again.

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
  const over = new AbortController();
  const drawing = drawRegularly(() => draw(terminalRoom()), over.signal);
  try {
    return await run(seconds, board, signal);
  } finally {
    over.abort();
    await drawing;
    draw({ ...terminalRoom(), rows: Infinity }); // nothing is drawn over it: it may scroll
  }
}

/** Draws as often as the nodes report, whoever is dead. */
async function drawRegularly(draw: () => void, signal: AbortSignal): Promise<void> {
  for await (const _ of ticks({ periodMs: REPORT_PERIOD_MS }, signal)) draw();
}

function inWords({ published, missedWhileDown, rpc }: Figures): string {
  const count = new Intl.NumberFormat("en").format;
  return `ok: ${count(published)} readings published, ${
    count(missedWhileDown)
  } missed in one gap ` +
    `around the kill, all others received once and in order\n` +
    `    one kill and one crash survived; ${rpc.calls} calls, ${rpc.failed} failed in the outage, ` +
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
