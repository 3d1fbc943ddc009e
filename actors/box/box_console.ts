import { MAX_LINE_UNITS } from "./constants.ts";

/**
 * The console of an agent: bounded lines on `stderr`, as `stdout` is the pipe of its frames.
 *
 * @param write writes a text to `stderr`
 * @param inspect shows a value in one text
 */
export function boxConsole(
  write: (text: string) => void,
  inspect: (value: unknown) => string,
): Record<string, (...args: unknown[]) => void> {
  const line = (...args: unknown[]) => {
    const text = args.map((arg) => typeof arg === "string" ? arg : inspect(arg)).join(" ");
    write(`${text.slice(0, MAX_LINE_UNITS)}\n`);
  };
  const nothing = () => {};
  return {
    ...{ log: line, info: line, debug: line, warn: line, error: line, trace: line, dir: line },
    assert: (holds, ...args) => holds ? undefined : line("assertion failed:", ...args),
    ...{ table: line, group: line, groupCollapsed: line, groupEnd: nothing, clear: nothing },
    ...{ count: line, countReset: nothing, time: nothing, timeLog: line, timeEnd: line },
  };
}
