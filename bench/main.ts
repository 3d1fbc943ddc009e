/**
 * `deno task bench [group or case…] [--json] [--quick]`: measures the mesh, and its peers in the same run.
 *
 * stdout carries the results: a table for each group, or one JSON line for each case. stderr
 * carries what was left out or failed, and on a terminal what is being done. Exit codes: 0 done, 1
 * something failed, 2 wrong use. A goal that is missed is no failure: it is a result.
 *
 * @module
 */
import { actors } from "./actors.ts";
import { parseArguments, UsageError } from "./arguments.ts";
import { dht } from "./dht.ts";
import { Bench, FULL, type Group, type Output, QUICK, type Result } from "./harness.ts";
import { jsonLine } from "./json_lines.ts";
import { policy } from "./policy.ts";
import { pubsub } from "./pubsub.ts";
import { table } from "./report.ts";
import { rpc } from "./rpc.ts";
import { transport } from "./transport.ts";

const GROUPS: readonly Group[] = [transport, pubsub, rpc, dht, policy, actors];

/** To the start of the line, and clear it: progress is overwritten. */
const CLEAR_LINE = "\r\x1b[K";

function usage(): string {
  return [
    "deno task bench [group or case…] [--json] [--quick]",
    "",
    ...GROUPS.flatMap(({ name, about, cases }) => [
      `  ${name.padEnd(10)} ${about}`,
      `${" ".repeat(13)}${cases.join(", ")}`,
    ]),
    "",
    "  --json     one JSON line for each case",
    "  --quick    few and short runs, to see that everything works",
  ].join("\n");
}

/** The results of a group: printed as they come, or gathered for its table. */
class Console implements Output {
  readonly results: Result[] = [];
  readonly #json: boolean;
  readonly #terminal = Deno.stderr.isTerminal();

  constructor(json: boolean) {
    this.#json = json;
  }

  result(result: Result): void {
    this.results.push(result);
    if (this.#json) writeAll(Deno.stdout, jsonLine(result));
  }

  remark(text: string): void {
    this.#write(`${text}\n`);
  }

  progress(text: string): void {
    if (this.#terminal) this.#write(text);
  }

  /** Ends a group. */
  finish(group: string): void {
    if (this.#terminal) this.#write("");
    if (!this.#json && this.results.length > 0) {
      writeAll(Deno.stdout, new TextEncoder().encode(`${group}\n${table(this.results)}\n\n`));
    }
  }

  #write(text: string): void {
    writeAll(Deno.stderr, new TextEncoder().encode(`${this.#terminal ? CLEAR_LINE : ""}${text}`));
  }
}

function writeAll(to: { writeSync(bytes: Uint8Array): number }, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += to.writeSync(bytes.subarray(at));
}

/** Runs what the command line asks for; the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const { groups, json, quick, help } = parseArguments(args, GROUPS);
  if (help) {
    console.log(usage());
    return 0;
  }
  let failures = 0;
  for (const { name, only } of groups) {
    const group = GROUPS.find((group) => group.name === name)!;
    const output = new Console(json);
    const bench = new Bench(name, quick ? QUICK : FULL, output, only);
    await group.run(bench);
    output.finish(name);
    failures += bench.failures;
  }
  return failures === 0 ? 0 : 1;
}

try {
  Deno.exitCode = await main(Deno.args);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  Deno.exitCode = 2;
}
