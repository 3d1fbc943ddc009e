/**
 * Reads lines of JSON.
 *
 * @param stream UTF-8
 * @returns the value of each line that is not empty
 * @throws {SyntaxError} when a line is no JSON, with the line
 */
export async function* readLines<T>(stream: ReadableStream<Uint8Array>): AsyncGenerator<T> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream() as Decoder)) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") yield parse(line);
  }
  if (rest.trim() !== "") yield parse(rest);
}

/** `TextDecoderStream` says of itself that it takes any buffer source, which a stream is not typed for. */
type Decoder = ReadableWritablePair<string, Uint8Array>;

function parse<T>(line: string): T {
  try {
    return JSON.parse(line) as T;
  } catch {
    throw new SyntaxError(`not a line of JSON: ${line}`);
  }
}

const utf8 = new TextEncoder();

/** A value as a line of JSON. */
export function toLine(value: unknown): Uint8Array<ArrayBuffer> {
  return utf8.encode(JSON.stringify(value) + "\n");
}

/** Writes a line of JSON to stdout, whole: `writeSync` may write less than it is given. */
export function say(value: unknown): void {
  let bytes: Uint8Array = toLine(value);
  while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
}
