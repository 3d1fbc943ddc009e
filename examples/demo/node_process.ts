/**
 * The parent's side of its conversation with a node process.
 *
 * @module
 */
import { STDERR_KEPT, STOP_DEADLINE_MS } from "./constants.ts";
import { readLines, toLine } from "./lines.ts";
import type { Command } from "./protocol.ts";

/** A child that ended, or said what it must not, before it was told to stop. */
export class ChildError extends Error {
  override readonly name = "ChildError";
}

/** A child process that says lines with an `event` on stdout and takes commands on stdin. */
export class NodeProcess<L extends { readonly event: string }> implements AsyncDisposable {
  /** What people call it. */
  readonly name: string;
  /** Rejects with a {@link ChildError} if the child fails; settles when it ends as it was told. */
  readonly ended: Promise<void>;
  readonly #process: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #onLine: (line: L) => void;
  readonly #said = new Map<string, PromiseWithResolvers<L>>();
  readonly #waiting = new Set<(line: L) => void>();
  #stderr = "";
  #stopping = false;
  #killed = false;

  /**
   * Starts the child.
   *
   * @param name what people call it
   * @param args arguments of `deno`
   * @param onLine gets every line that it says
   */
  constructor(name: string, args: readonly string[], onLine: (line: L) => void = () => {}) {
    this.name = name;
    this.#onLine = onLine;
    this.#process = new Deno.Command(Deno.execPath(), {
      args: [...args],
      ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
      env: { NO_COLOR: "1" },
    }).spawn();
    this.#stdin = this.#process.stdin.getWriter();
    this.#stdin.closed.catch(() => {/* it has ended, which `ended` tells */});
    this.ended = this.#run();
    this.ended.catch(() => {/* whoever waits for the child is told */});
  }

  /** The first line with this event, once it is said; rejects if the child fails before. */
  async said<E extends L["event"]>(event: E): Promise<Extract<L, { readonly event: E }>> {
    const line = await this.#unlessEnded(this.#first(event).promise, event);
    return line as Extract<L, { readonly event: E }>;
  }

  /**
   * The next line with this event that is as it should be, from now on; rejects if the child fails
   * before.
   */
  async next<E extends L["event"]>(
    event: E,
    isRight: (line: Extract<L, { readonly event: E }>) => boolean = () => true,
  ): Promise<Extract<L, { readonly event: E }>> {
    type Wanted = Extract<L, { readonly event: E }>;
    const { promise, resolve } = Promise.withResolvers<Wanted>();
    const hear = (line: L) => {
      if (line.event === event && isRight(line as Wanted)) resolve(line as Wanted);
    };
    this.#waiting.add(hear);
    try {
      return await this.#unlessEnded(promise, event);
    } finally {
      this.#waiting.delete(hear);
    }
  }

  /** Tells the child something; that it has ended is told by `ended` alone. */
  send(command: Command): void {
    this.#stdin.write(toLine(command)).catch(() => {});
  }

  /** Kills the child where it stands (SIGKILL), and waits until it is dead. */
  async kill(): Promise<void> {
    this.#killed = true;
    this.#kill();
    await this.ended;
  }

  /** Asks the child to end, and waits; kills it when it takes too long. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    await this.#stdin.close().catch(() => {/* it has ended already */});
    const late = setTimeout(() => this.#kill(), STOP_DEADLINE_MS);
    await this.#process.status;
    clearTimeout(late);
    await this.ended.catch(() => {/* told to whoever waited for the child */});
  }

  async #run(): Promise<void> {
    // Both streams are read to their end whatever happens: a full pipe would stop the child.
    const [listened, , status] = await Promise.allSettled([
      this.#listen(),
      this.#keepStderr(),
      this.#process.status,
    ]);
    if (this.#killed) return; // in the middle of a line, perhaps
    if (listened.status === "rejected") {
      throw this.#failure(`said what it must not: ${listened.reason}`);
    }
    if (this.#stopping) return;
    if (status.status === "rejected") throw this.#failure(String(status.reason));
    const { code, signal } = status.value;
    throw this.#failure(signal ? `was ended by ${signal}` : `ended with exit code ${code}`);
  }

  async #listen(): Promise<void> {
    try {
      for await (const line of readLines<L>(this.#process.stdout)) {
        this.#first(line.event).resolve(line);
        for (const hear of this.#waiting) hear(line);
        this.#onLine(line);
      }
    } catch (error) {
      this.#kill(); // it has broken the protocol: nothing that it says would count
      throw error;
    }
  }

  #kill(): void {
    try {
      this.#process.kill("SIGKILL");
    } catch { /* it has ended by itself */ }
  }

  async #keepStderr(): Promise<void> {
    for await (const text of this.#process.stderr.pipeThrough(new TextDecoderStream())) {
      this.#stderr = (this.#stderr + text).slice(-STDERR_KEPT);
    }
  }

  #unlessEnded<T>(said: Promise<T>, event: string): Promise<T> {
    const ended = this.ended.then(() => {
      throw new ChildError(`the ${this.name} has stopped before it said "${event}"`);
    });
    return Promise.race([said, ended]);
  }

  #first(event: string): PromiseWithResolvers<L> {
    let first = this.#said.get(event);
    if (!first) this.#said.set(event, first = Promise.withResolvers());
    return first;
  }

  #failure(what: string): ChildError {
    const stderr = this.#stderr.trim() || "(it wrote nothing on stderr)";
    return new ChildError(`the ${this.name} ${what}:\n${stderr.replaceAll(/^/gm, "  ")}`);
  }
}
