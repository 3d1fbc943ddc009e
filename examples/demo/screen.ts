import type { Line } from "./line.ts";
import type { Room } from "./table.ts";

const SGR = { bold: 1, dim: 2, good: 32, bad: 31 } as const;

/** A terminal on which lines are drawn in place; see ECMA-48 for the sequences. */
export class Screen implements Disposable {
  readonly #write: (text: string) => void;
  readonly #colour: boolean;
  #drawn = 0;

  /**
   * @param write writes to the terminal
   * @param colour whether lines may be coloured
   */
  constructor(write: (text: string) => void, colour: boolean) {
    this.#write = write;
    this.#colour = colour;
    write("\x1b[?25l"); // no cursor while lines are redrawn
  }

  /** Draws lines over those drawn before. Each must fit in the terminal's width. */
  draw(lines: readonly Line[]): void {
    const up = this.#drawn === 0 ? "" : `\x1b[${this.#drawn}A`;
    const text = lines.map((line) => `\r${styled(line, this.#colour)}\x1b[K\n`).join("");
    this.#write(`${up}${text}\x1b[J`);
    this.#drawn = lines.length;
  }

  [Symbol.dispose](): void {
    this.#write("\x1b[?25h");
  }
}

/** A line as text, with its style if colours are allowed. */
export function styled({ text, style }: Line, colour: boolean): string {
  return style === undefined || !colour ? text : `\x1b[${SGR[style]}m${text}\x1b[0m`;
}

/** The room of the terminal; what most terminals have if it does not tell. */
export function terminalRoom(): Room {
  try {
    return Deno.consoleSize();
  } catch {
    return { columns: 80, rows: 24 };
  }
}
