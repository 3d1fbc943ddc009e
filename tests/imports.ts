/**
 * Finds what a TypeScript source imports, without a TypeScript parser: a tokenizer tells code from
 * comments, strings, templates and regular expressions, and the tokens before a string say whether
 * it is a module specifier.
 *
 * It does not see computed specifiers (`import(name)`, a template with `${…}`) and does not read
 * JSX.
 *
 * @module
 */

/** A module specifier as it is written in a source. */
export interface Import {
  /** The text between the quotes, escapes left as they are. */
  readonly specifier: string;
  /** The line of the specifier, from 1. */
  readonly line: number;
}

interface Token {
  /** `code` is a word, a number or a punctuator; `string` a string or a template without `${`. */
  readonly kind: "code" | "string" | "other";
  readonly text: string;
  readonly line: number;
}

const GAP = /(?:^#!.*|\s+|\/\/.*|\/\*[^]*?\*\/)+/y;
const WORD = /#?[\p{ID_Start}$_][\p{ID_Continue}$]*|\d[\w.]*/yu;
const STRING = /"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*'/y;
const TEMPLATE = /[`}](?:[^`\\$]|\\[^]|\$(?!\{))*(?:`|\$\{)/y;
const REGEX = /\/(?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/\w*/y;
const PUNCTUATOR = /\.\.\.|\+\+|--|[^]/y;

/** Words after which an expression begins, so that `/` opens a regular expression. */
const OPERATORS =
  /^(?:await|case|default|delete|do|else|in|instanceof|new|of|return|throw|typeof|void|yield)$/;
/** Words whose closing parenthesis is followed by a statement, not by an operator. */
const HEADS = /^(?:for|if|while|with)$/;

/** Splits `source` into tokens; on a source that does not parse, into some tokens. */
function* tokenize(source: string): Generator<Token> {
  const opened: string[] = []; // the open brackets: "{", "${", "(", or the word of a head
  let at = 0;
  let line = 1;
  let previous = "";
  let expression = true; // an operand is due, so a slash is not a division

  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const text = pattern.exec(source)?.[0];
    at += text?.length ?? 0;
    return text;
  };
  const lines = (text: string): number => text.split("\n").length - 1;

  while (at < source.length) {
    line += lines(take(GAP) ?? "");
    if (at === source.length) return;
    const char = source[at];
    const start = line;
    let text: string | undefined;
    let kind: Token["kind"] = "code";

    if (char === "`" || (char === "}" && opened.at(-1) === "${")) {
      if (char === "}") opened.pop();
      text = take(TEMPLATE);
      const whole = text?.startsWith("`") && text.endsWith("`");
      kind = whole ? "string" : "other";
      expression = text?.endsWith("${") ?? false;
      if (expression) opened.push("${");
    } else if ((text = take(STRING)) !== undefined) {
      kind = "string";
      expression = false;
    } else if ((text = take(WORD)) !== undefined) {
      expression = OPERATORS.test(text) && previous !== ".";
    } else if (expression && (text = take(REGEX)) !== undefined) {
      kind = "other";
      expression = false;
    }
    if (text === undefined) {
      text = take(PUNCTUATOR) ?? "";
      if (text === "(") opened.push(HEADS.test(previous) ? previous : text);
      if (text === "{") opened.push(text);
      if (text === ")") expression = HEADS.test(opened.pop() ?? "");
      else if (text === "}") expression = opened.pop() !== undefined;
      else if (text === "]") expression = false;
      else if (!["++", "--", "!"].includes(text)) expression = true; // those three change nothing
    }
    line += lines(text);
    previous = text;
    yield { kind, text: kind === "string" ? text.slice(1, -1) : text, line: start };
  }
}

const BASE = [",", "import", ".", "meta", ".", "url"];
const SOURCE = /\.[cm]?[jt]sx?$/;

/** What stands before (and after) a string that names a module. */
const FORMS: readonly { before: string[]; after?: string[]; only?: RegExp }[] = [
  { before: ["from"] }, // import … from, export … from, with or without `type`
  { before: ["import"] },
  { before: ["import", "("] }, // the call and the type
  { before: ["require", "("] },
  { before: ["import", ".", "meta", ".", "resolve", "("] },
  { before: ["URL", "("], after: BASE, only: SOURCE }, // a Worker's module
];

/** True for the path of a TypeScript or JavaScript source. */
export function isSource(path: string): boolean {
  return SOURCE.test(path);
}

/**
 * Lists the modules that a source names: `import` and `export … from` (`type` or not), `import()`
 * as a call and as a type, `import.meta.resolve()`, `require()`, and
 * `new URL("./x.ts", import.meta.url)`, by which Workers are loaded.
 *
 * @param source TypeScript or JavaScript.
 * @returns The imports in the order of the source, repetitions included.
 */
export function importsOf(source: string): Import[] {
  const tokens = [...tokenize(source)];
  const reads = (from: number, words: readonly string[]): boolean =>
    words.every((word, i) => tokens[from + i]?.kind === "code" && tokens[from + i]?.text === word);

  return tokens.flatMap(({ kind, text, line }, i) => {
    if (kind !== "string") return [];
    const form = FORMS.find(({ before, after = [], only = /^/ }) => {
      const start = i - before.length;
      const member = tokens[start - 1]?.text === "." && before[0] !== "URL"; // x.import("…")
      return !member && reads(start, before) && reads(i + 1, after) && only.test(text);
    });
    return form ? [{ specifier: text, line }] : [];
  });
}
