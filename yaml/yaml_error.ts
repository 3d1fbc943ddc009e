/** A text is no YAML that is taken: where, what was found there, and what would be right. */
export class YamlError extends SyntaxError {
  override readonly name = "YamlError";

  /**
   * @param place `file:line:column`
   * @param problem what was found there, and what would be right
   */
  constructor(readonly place: string, readonly problem: string) {
    super(`${place}: ${problem}`);
  }
}
