import type { Value } from "../values/mod.ts";
import type { Failure } from "./failure.ts";
import { valueToJson } from "./json_form.ts";
import { printable } from "./printable.ts";
import { type ByteSink, TextSink } from "./text_sink.ts";

/** A stream of the process that may be a terminal. */
export interface OutputStream extends ByteSink {
  isTerminal(): boolean;
}

/** How a part of a line looks on a terminal. */
export type Style = "bold" | "dim" | "red" | "yellow";

/** A part of a line: text, or a style and text. */
export type Part = string | readonly [Style, string];

/** SGR sequences (ECMA-48 §8.3.117) that begin a style. */
const STYLES: { readonly [style in Style]: string } = {
  bold: "\x1b[1m",
  dim: "\x1b[2m",
  red: "\x1b[31m",
  yellow: "\x1b[33m",
};
const PLAIN = "\x1b[0m";

/** Goes to the start of the line and empties it (ECMA-48 §8.3.41). */
const ERASE = "\r\x1b[K";

/** How to print. */
export interface OutputOptions {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** JSON lines on stdout instead of lines for people. */
  readonly json: boolean;
  /** Stacks with errors. */
  readonly verbose: boolean;
  /** Styles, where a stream is a terminal. */
  readonly colours: boolean;
  /** Told when nothing more can be written to stdout: its reader is gone, the disk is full. */
  readonly onGone: (error: Error) => void;
}

/**
 * What a command prints. Results are on stdout: lines for people or, with `--json`, one JSON object
 * a line. Notes and errors are on stderr in either form, so that a pipe has results only.
 */
export class Output {
  readonly json: boolean;
  readonly verbose: boolean;
  readonly #out: TextSink;
  readonly #err: TextSink;
  readonly #outStyled: boolean;
  readonly #errStyled: boolean;
  readonly #progressing: boolean;
  #progress = false;

  constructor(options: OutputOptions) {
    const { stdout, stderr, json, verbose, colours, onGone } = options;
    this.json = json;
    this.verbose = verbose;
    this.#out = new TextSink(stdout, onGone);
    this.#err = new TextSink(stderr, () => {/* nobody is left to be told */});
    this.#outStyled = colours && stdout.isTerminal();
    this.#errStyled = colours && stderr.isTerminal();
    this.#progressing = colours && !json && stderr.isTerminal();
  }

  /** A line for people on stdout; nothing with `--json`. */
  line(...parts: readonly Part[]): Promise<void> {
    if (this.json) return Promise.resolve();
    this.#erase();
    return this.#out.write(render(parts, this.#outStyled));
  }

  /** A line of JSON on stdout; nothing without `--json`. */
  event(event: { readonly event: string; readonly [key: string]: unknown }): Promise<void> {
    if (!this.json) return Promise.resolve();
    return this.#out.write(`${valueToJson(defined(event) as Value)}\n`);
  }

  /** A line for people on stderr, in either form. */
  note(...parts: readonly Part[]): Promise<void> {
    this.#erase();
    return this.#err.write(render(parts, this.#errStyled));
  }

  /**
   * Says what is being waited for, on a terminal, until it is there or something else is printed.
   *
   * @param words such as `looking for its nodes`
   */
  async during<T>(words: string, work: Promise<T>): Promise<T> {
    if (!this.#progressing) return await work;
    this.#erase();
    this.#progress = true;
    void this.#err.write(`${STYLES.dim}${printable(words)} …${PLAIN}`);
    try {
      return await work;
    } finally {
      this.#erase();
    }
  }

  /** A text of several lines that was asked for, in either form. */
  help(text: string, stream: "stdout" | "stderr"): void {
    const sink = stream === "stdout" ? this.#out : this.#err;
    for (const line of text.replace(/\n$/, "").split("\n")) void sink.write(render([line], false));
  }

  /** The failure with which the command ends. */
  failure(failure: Failure): void {
    const { code, message } = failure;
    void this.event({ event: "error", code, message });
    void this.note(["red", "macula:"], ` ${message}`);
    if (!this.verbose) return;
    const { stack } = failure.cause instanceof Error ? failure.cause : failure;
    for (const line of (stack ?? "").split("\n")) void this.note(["dim", line]);
  }

  #erase(): void {
    if (!this.#progress) return;
    this.#progress = false;
    void this.#err.write(ERASE);
  }

  /** Settles when everything is written. */
  async flush(): Promise<void> {
    await Promise.all([this.#out.flush(), this.#err.flush()]);
  }
}

function render(parts: readonly Part[], styled: boolean): string {
  const text = parts.map((part) => {
    if (typeof part === "string") return printable(part);
    const [style, words] = part;
    return styled ? `${STYLES[style]}${printable(words)}${PLAIN}` : printable(words);
  });
  return `${text.join("")}\n`;
}

/** Without the keys that hold nothing. */
function defined(event: { readonly [key: string]: unknown }): { [key: string]: unknown } {
  return Object.fromEntries(Object.entries(event).filter(([, value]) => value !== undefined));
}
