/** One line of the table, and how it stands out. */
export interface Line {
  readonly text: string;
  readonly style?: "bold" | "dim" | "good" | "bad";
}
