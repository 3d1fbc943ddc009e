/** What the command line asks for. */
export interface Arguments {
  /** Groups to run, each once, in the order given; all when none is named. */
  readonly groups: readonly string[];
  /** Results as JSON lines instead of tables. */
  readonly json: boolean;
  /** Few and short runs, to see that it works. */
  readonly quick: boolean;
  /** Show the usage, and do nothing. */
  readonly help: boolean;
}

/** A command line that cannot be followed: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * Reads the command line.
 *
 * @param known The groups that there are.
 * @throws {UsageError} When a group or an option does not exist.
 */
export function parseArguments(args: readonly string[], known: readonly string[]): Arguments {
  const options = new Set<string>();
  const groups = new Set<string>();
  for (const arg of args) {
    if (arg.startsWith("-")) {
      if (!["--json", "--quick", "--help", "-h"].includes(arg)) {
        throw new UsageError(`"${arg}" is no option: there are --json, --quick and --help`);
      }
      options.add(arg);
    } else {
      if (!known.includes(arg)) {
        throw new UsageError(`"${arg}" is no group: there are ${known.join(", ")}`);
      }
      groups.add(arg);
    }
  }
  return {
    groups: groups.size === 0 ? known : [...groups],
    json: options.has("--json"),
    quick: options.has("--quick"),
    help: options.has("--help") || options.has("-h"),
  };
}
