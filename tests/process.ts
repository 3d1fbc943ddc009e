/**
 * The `macula` command as a subprocess, run as `deno task macula` runs it: the same flags, read from
 * `deno.json`. A test waits for lines and ends, never for time.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { linesOf } from "../cli/lines.ts";
import about from "../deno.json" with { type: "json" };

const ROOT = new URL("../", import.meta.url);

/** How long a process may live before it is killed as hung, in milliseconds. */
const HUNG_MS = 60_000;

/** A line of `--json`. */
export interface JsonEvent {
  readonly event: string;
  readonly [key: string]: unknown;
}

/** How a process ended, and what it has printed in all. */
export interface End {
  readonly code: number;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
}

/** Options of {@linkcode MaculaProcess}. */
export interface ProcessOptions {
  readonly env?: { readonly [name: string]: string };
  /** What it reads from stdin; nothing unless given. */
  readonly stdin?: string;
  /** The folder that it runs in; one of its own, which is removed at its end, unless given. */
  readonly cwd?: string;
}

/** The lines of one stream of a process, as they come. */
class Lines {
  readonly seen: string[] = [];
  readonly done: Promise<void>;
  #ended = false;
  #news = Promise.withResolvers<void>();

  constructor(stream: ReadableStream<Uint8Array>) {
    this.done = this.#read(stream);
  }

  /** The first line, printed already or yet to come, that `find` makes something of. */
  async find<T>(what: string, find: (line: string) => T | undefined): Promise<T> {
    for (let at = 0;; at++) {
      while (at >= this.seen.length) {
        if (this.#ended) {
          throw new Error(`it ended without ${what}; it printed:\n${this.seen.join("\n")}`);
        }
        await this.#news.promise;
      }
      const found = find(this.seen[at] as string);
      if (found !== undefined) return found;
    }
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const line of linesOf(stream)) {
      this.seen.push(line);
      this.#tell();
    }
    this.#ended = true;
    this.#tell();
  }

  #tell(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}

/** One run of the command. Disposed, it is killed if it runs yet. */
export class MaculaProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #stdout: Lines;
  readonly #stderr: Lines;
  readonly #hung: ReturnType<typeof setTimeout>;
  /** A folder of its own: what it leaves in the present one must not be left in the repository. */
  readonly #folder: string | undefined;
  #running = true;
  #removed = false;

  constructor(args: readonly string[], options: ProcessOptions = {}) {
    const [, ...flags] = about.tasks.macula.command.split(" ").slice(0, -1);
    const config = fileURLToPath(new URL("deno.json", ROOT));
    const main = fileURLToPath(new URL("main.ts", ROOT));
    const [run, ...rest] = flags as [string, ...string[]];
    this.#folder = options.cwd === undefined
      ? Deno.makeTempDirSync({ prefix: "macula-cwd-" })
      : undefined;
    this.#child = new Deno.Command(Deno.execPath(), {
      cwd: options.cwd ?? this.#folder as string,
      args: [run, "--quiet", "--config", config, ...rest, main, ...args],
      env: { NO_COLOR: "1", MACULA_DEBUG: "", ...options.env },
      stdin: options.stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#stdout = new Lines(this.#child.stdout);
    this.#stderr = new Lines(this.#child.stderr);
    this.#hung = setTimeout(() => this.signal("SIGKILL"), HUNG_MS);
    this.#child.status.then(() => this.#running = false);
    if (options.stdin !== undefined) void this.#feed(options.stdin);
  }

  /** The first line of stdout that contains a text. */
  line(text: string): Promise<string> {
    return this.#stdout.find(`"${text}"`, (line) => line.includes(text) ? line : undefined);
  }

  /** The first line of stderr that contains a text. */
  note(text: string): Promise<string> {
    return this.#stderr.find(`"${text}"`, (line) => line.includes(text) ? line : undefined);
  }

  /** The first event of `--json` with that name. */
  event(name: string): Promise<JsonEvent> {
    return this.#stdout.find(`the event ${name}`, (line) => {
      const event = JSON.parse(line) as JsonEvent;
      return event.event === name ? event : undefined;
    });
  }

  signal(signal: Deno.Signal): void {
    if (this.#running) this.#child.kill(signal);
  }

  /** Waits until it has ended by itself. */
  async end(): Promise<End> {
    const { code } = await this.#child.status;
    clearTimeout(this.#hung);
    await Promise.all([this.#stdout.done, this.#stderr.done]);
    if (this.#folder !== undefined && !this.#removed) {
      this.#removed = true;
      await Deno.remove(this.#folder, { recursive: true });
    }
    return { code, stdout: this.#stdout.seen, stderr: this.#stderr.seen };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGKILL");
    await this.end();
  }

  async #feed(text: string): Promise<void> {
    const writer = this.#child.stdin.getWriter();
    try {
      await writer.write(new TextEncoder().encode(text));
      await writer.close();
    } catch {
      // It ended before it had read everything; the test looks at how.
    }
  }
}

/** Runs the command to its end. */
export async function macula(
  args: readonly string[],
  options: ProcessOptions = {},
): Promise<End> {
  await using process = new MaculaProcess(args, options);
  return await process.end();
}
