import { delimiter, join } from "node:path";
import type { Value } from "../mod.ts";
import { EXIT } from "./exit_codes.ts";
import { Failure, wrongUse } from "./failure.ts";
import { readValue, valueToJson } from "./json_form.ts";
import type { ServedCall } from "./node_face.ts";

/** Most that a command may print for one call, in bytes. */
export const MAX_OUTPUT_BYTES = 2 ** 20;

/** How much of a command's stderr is kept, from its end, in bytes. */
const KEPT_ERROR_BYTES = 4_096;

/** What a command's failure is called where it was called from. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** A program and its arguments, run for each call of a procedure. */
export class ServedCommand {
  readonly #procedure: string;
  readonly #program: string;
  readonly #args: readonly string[];

  /**
   * @param command the program and its arguments
   * @throws {Failure} wrong use, when there is no such program
   */
  static async find(procedure: string, command: readonly string[]): Promise<ServedCommand> {
    const [program, ...args] = command;
    if (program === undefined) {
      throw wrongUse(`serve needs a command: macula serve ${procedure} -- COMMAND [ARG…]`);
    }
    if (Deno.build.os !== "windows") await checkProgram(program);
    return new ServedCommand(procedure, program, args);
  }

  private constructor(procedure: string, program: string, args: readonly string[]) {
    this.#procedure = procedure;
    this.#program = program;
    this.#args = args;
  }

  /**
   * Runs it for one call: the arguments are a line of JSON on its stdin, and what it prints is the
   * result. It is killed when nobody waits for that any longer.
   *
   * @returns its output as JSON or, if that does not parse, as text without the last newline
   * @throws {CommandError} when it ends with another code than 0, or prints too much
   */
  async run({ args, caller, signal }: ServedCall): Promise<Value> {
    signal.throwIfAborted();
    const child = new Deno.Command(this.#program, {
      args: [...this.#args],
      env: {
        MACULA_PROCEDURE: this.#procedure,
        ...(caller !== undefined && { MACULA_CALLER: caller }),
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const aborted = Promise.withResolvers<never>();
    const kill = () => {
      killChild(child);
      // Its children may hold its pipes open: of what was killed the end alone is waited for.
      void child.status.then(() => aborted.reject(signal.reason));
    };
    signal.addEventListener("abort", kill);
    const work = this.#result(child, `${valueToJson([...args] as Value)}\n`);
    try {
      return await Promise.race([work, aborted.promise]);
    } finally {
      work.catch(() => {/* it was raced */});
      aborted.promise.catch(() => {/* the same */});
      signal.removeEventListener("abort", kill);
    }
  }

  async #result(child: Deno.ChildProcess, input: string): Promise<Value> {
    const feeding = feed(child.stdin, input);
    const reading = readAll(child.stdout, () => killChild(child));
    const [bytes, last, { code, signal }] = await Promise.all([
      reading,
      lastLine(child.stderr),
      child.status,
      feeding,
    ]);
    if (!bytes) {
      throw new CommandError(`it printed more than ${MAX_OUTPUT_BYTES} bytes, and was killed`);
    }
    if (code !== 0) {
      const end = signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`;
      throw new CommandError(last === "" ? end : `${end}: ${last}`);
    }
    return resultOf(bytes);
  }
}

function resultOf(bytes: Uint8Array): Value {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new CommandError(`what it printed is not UTF-8`, { cause: error });
  }
  return text === "" ? undefined : readValue(text.replace(/\r?\n$/, ""), false);
}

async function feed(stdin: WritableStream<Uint8Array>, text: string): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch {
    // It has ended, or closed its stdin, without reading: how it ends is what counts.
  }
}

/** Everything of a stream; `undefined`, having told so, when that is more than may be. */
async function readAll(
  stream: ReadableStream<Uint8Array>,
  onTooMuch: () => void,
): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let count = 0;
  for await (const chunk of stream) {
    count += chunk.length;
    if (count > MAX_OUTPUT_BYTES) {
      onTooMuch();
      return undefined;
    }
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
}

/** The last line that says something, of which only the end is kept. */
async function lastLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    text = (text + decoder.decode(chunk, { stream: true })).slice(-KEPT_ERROR_BYTES);
  }
  return text.trimEnd().split("\n").at(-1)?.trim() ?? "";
}

function killChild(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended already.
  }
}

/** Finds a program as the system would; on Windows that is left to the first call. */
async function checkProgram(program: string): Promise<void> {
  const folders = (Deno.env.get("PATH") ?? "").split(delimiter);
  const places = program.includes("/") ? [program] : folders.map((folder) => join(folder, program));
  for (const place of places) {
    const info = await Deno.stat(place).catch(() => undefined);
    if (info?.isFile && ((info.mode ?? 0) & 0o111) !== 0) return;
  }
  throw new Failure(
    EXIT.wrongUse,
    "no-command",
    `there is no program ${program}${
      program.includes("/") ? "" : " in any folder of PATH"
    } that can be run: give its path after --`,
  );
}
