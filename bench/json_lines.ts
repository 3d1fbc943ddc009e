/**
 * JSON lines over pipes: how the benchmark and its second processes talk.
 *
 * @module
 */

/**
 * Splits a stream of bytes into lines and parses each.
 *
 * @param stream UTF-8; a last line without an end counts too, empty lines do not.
 * @throws {SyntaxError} When a line is no JSON; it stands in the message.
 */
export async function* jsonLines(stream: ReadableStream<BufferSource>): AsyncGenerator<unknown> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") yield parse(line);
  }
  if (rest.trim() !== "") yield parse(rest);
}

/** A value as a line. */
export function jsonLine(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value) + "\n");
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new SyntaxError(`expected a line of JSON, got ${JSON.stringify(line.slice(0, 200))}`, {
      cause,
    });
  }
}
