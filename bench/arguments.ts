/** What the command line asks for. */
export interface Arguments {
  /** Groups to run, each once, in the order given, and the cases of each; all when none is named. */
  readonly groups: readonly Selection[];
  /** Results as JSON lines instead of tables. */
  readonly json: boolean;
  /** Few and short runs, to see that it works. */
  readonly quick: boolean;
  /** Show the usage, and do nothing. */
  readonly help: boolean;
}

/** A group, and which of its cases to run; `undefined` for all. */
export interface Selection {
  readonly name: string;
  readonly only: ReadonlySet<string> | undefined;
}

/** A command line that cannot be followed: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * Reads the command line.
 *
 * @param known The groups that there are, and their cases.
 * @throws {UsageError} When a group, a case or an option does not exist.
 */
export function parseArguments(
  args: readonly string[],
  known: readonly { readonly name: string; readonly cases: readonly string[] }[],
): Arguments {
  const options = new Set<string>();
  const groups = new Map<string, Set<string> | undefined>();
  for (const arg of args) {
    if (arg.startsWith("-")) {
      if (!["--json", "--quick", "--help", "-h"].includes(arg)) {
        throw new UsageError(`"${arg}" is no option: there are --json, --quick and --help`);
      }
      options.add(arg);
    } else {
      const group = known.find(({ name, cases }) => name === arg || cases.includes(arg));
      if (!group) {
        const names = known.map(({ name }) => name).join(", ");
        const cases = known.flatMap(({ cases }) => cases).join(", ");
        throw new UsageError(
          `"${arg}" is no group and no case: there are the groups ${names}, and the cases ${cases}`,
        );
      }
      if (group.name === arg) groups.set(arg, undefined);
      else if (!groups.has(group.name)) groups.set(group.name, new Set([arg]));
      else groups.get(group.name)?.add(arg);
    }
  }
  return {
    groups: groups.size === 0
      ? known.map(({ name }) => ({ name, only: undefined }))
      : [...groups].map(([name, only]) => ({ name, only })),
    json: options.has("--json"),
    quick: options.has("--quick"),
    help: options.has("--help") || options.has("-h"),
  };
}
