import { UnavailableError } from "./harness.ts";
import { jsonLine, jsonLines } from "./json_lines.ts";

/** What a second process may do: what the benchmark itself may, but start others. */
const PERMISSIONS = ["net", "read", "write", "env", "ffi", "sys"].map((name) => `--allow-${name}`);

/** How long a second process may take to end after its stdin was closed, in ms. */
const END_MS = 5_000;

/** What a second process gets besides. */
export interface ProcessOptions {
  /** Flags for V8: `--expose-gc`. */
  readonly v8Flags?: readonly string[];
  /** Whether it may start processes of its own; false unless named. */
  readonly mayRun?: boolean;
}

/**
 * A second process of a benchmark: a program that speaks JSON lines, one for each order. It is
 * to end when its stdin does; one that does not is killed.
 */
export class SecondProcess implements AsyncDisposable {
  readonly #name: string;
  readonly #child: Deno.ChildProcess;
  readonly #orders: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #answers: AsyncGenerator<unknown>;

  /** @throws {UnavailableError} When there is no such program. */
  private constructor(name: string, program: string, args: readonly string[]) {
    this.#name = name;
    try {
      this.#child = new Deno.Command(program, {
        args: [...args],
        stdin: "piped",
        stdout: "piped",
        stderr: "inherit",
      }).spawn();
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) {
        throw new UnavailableError(`${program} is not on PATH`);
      }
      throw error;
    }
    this.#orders = this.#child.stdin.getWriter();
    this.#answers = jsonLines(this.#child.stdout);
  }

  /**
   * Starts a Deno program and waits for its first line.
   *
   * @param module The program.
   * @returns The process, and what it said of itself.
   * @throws {Error} When it ends without a word.
   */
  static start<T>(
    module: URL,
    args: readonly string[] = [],
    { v8Flags = [], mayRun = false }: ProcessOptions = {},
  ): Promise<{ readonly process: SecondProcess; readonly ready: T }> {
    const name = module.pathname.slice(module.pathname.lastIndexOf("/") + 1);
    const options = [
      ...PERMISSIONS,
      ...(mayRun ? ["--allow-run"] : []),
      ...(v8Flags.length > 0 ? [`--v8-flags=${v8Flags.join(",")}`] : []),
    ];
    const command = ["run", "--frozen", ...options, module.href, ...args];
    return SecondProcess.#started(() => new SecondProcess(name, Deno.execPath(), command));
  }

  /**
   * Starts any other program that speaks JSON lines, and waits for its first.
   *
   * @throws {UnavailableError} When there is no such program.
   * @throws {Error} When it ends without a word.
   */
  static startProgram<T>(
    program: string,
    args: readonly string[],
  ): Promise<{ readonly process: SecondProcess; readonly ready: T }> {
    return SecondProcess.#started(() => new SecondProcess(program, program, args));
  }

  static async #started<T>(
    spawn: () => SecondProcess,
  ): Promise<{ readonly process: SecondProcess; readonly ready: T }> {
    const process = spawn();
    try {
      return { process, ready: await process.answer<T>() };
    } catch (error) {
      await process[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Sends an order, and waits for the answer. Orders must not overlap. */
  async ask<T>(order: unknown): Promise<T> {
    await this.#orders.write(jsonLine(order));
    return await this.answer<T>();
  }

  /**
   * The next line that the process writes.
   *
   * @throws {Error} When the process says that it failed, or has ended.
   */
  async answer<T>(): Promise<T> {
    const { done, value } = await this.#answers.next();
    if (done) {
      const { code } = await this.#child.status;
      throw new Error(`the second process, ${this.#name}, ended with code ${code}`);
    }
    const { failed } = value as { failed?: string };
    if (failed !== undefined) throw new Error(failed);
    return value as T;
  }

  /** Ends the process, and waits for that. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#orders.close().catch(() => {/* it has closed its end, or is gone */});
    const impatience = setTimeout(() => this.#kill(), END_MS);
    await this.#answers.return(undefined).catch(() => {/* its last words were no JSON */});
    await this.#child.status;
    clearTimeout(impatience);
  }

  #kill(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch { /* it has just ended by itself */ }
  }
}
