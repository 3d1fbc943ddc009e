/**
 * The lines of a stream of UTF-8, each as soon as it is there. The last one need not end with a
 * newline; a carriage return before one is not part of its line.
 *
 * @param maxChars tells the longest line, in UTF-16 code units, of which no text has more than
 * bytes; no bound unless given
 * @throws {RangeError} when a line is longer; not more than the bound and one chunk were held
 */
export async function* linesOf(
  stream: AsyncIterable<Uint8Array>,
  maxChars: () => number = () => Infinity,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  // Pieces of the line that is under way: to add each to a string and search it again would cost
  // the square of the line's length.
  let pieces: string[] = [];
  let held = 0;
  const finish = (last: string): string => {
    const line = pieces.length === 0 ? last : pieces.join("") + last;
    pieces = [];
    held = 0;
    return line.endsWith("\r") ? line.slice(0, -1) : line;
  };
  for await (const bytes of stream) {
    const lines = decoder.decode(bytes, { stream: true }).split("\n");
    const rest = lines.pop() ?? "";
    for (const line of lines) {
      checkLength(held + line.length, maxChars());
      yield finish(line);
    }
    held += rest.length;
    checkLength(held, maxChars());
    if (rest !== "") pieces.push(rest);
  }
  // What is left in the decoder is half a character.
  const last = finish(decoder.decode());
  if (last !== "") yield last;
}

function checkLength(chars: number, maxChars: number): void {
  if (chars > maxChars) throw new RangeError(`a line is longer than ${maxChars} characters`);
}
