/**
 * What a line of the journal says of a message.
 *
 * - `sent`: it is about to be sent; the word is its kind.
 * - `handled`: its handler came to its end, and nothing can come between that and the kernel.
 * - `returned`: its handler says that it came to its end, but awaited, streamed, or ran in a box: the
 *   actor may have ended before its kernel knew of it, and then the message is a dead letter.
 * - `dead`: it was buried; the word is the reason.
 * - `settled`: what its sender waited for was settled; the word says how.
 */
export type Deed = "sent" | "handled" | "returned" | "dead" | "settled";

/** A line of the journal. */
export interface Entry {
  readonly deed: Deed;
  /** Shard of its sender and a number there: `2.1039`; empty for a message without one. */
  readonly number: string;
  readonly word: string;
}

/**
 * The books of a soak: a file to which every isolate appends, a line at a time and before it does
 * anything else, so that they outlive whatever is killed.
 */
export class Journal implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #encoder = new TextEncoder();
  #next = 1;

  constructor(path: string) {
    this.#file = Deno.openSync(path, { append: true, create: true });
  }

  /** Takes down one line; a file that is appended to in one write is not torn (POSIX `write`). */
  write(deed: Deed, number: string, word = ""): void {
    this.#file.writeSync(this.#encoder.encode(`${deed} ${number} ${word}\n`));
  }

  /** A number that no other message has. */
  number(shard: number): string {
    return `${shard}.${this.#next++}`;
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** The lines of a journal. */
export function entriesOf(text: string): Entry[] {
  return text.split("\n").slice(0, -1).map((line) => {
    const [deed = "", number = "", word = ""] = line.split(" ");
    return { deed: deed as Deed, number, word };
  });
}
