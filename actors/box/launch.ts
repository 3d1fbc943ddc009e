import { resolve } from "node:path";
import { BASE_DATA_MB } from "./constants.ts";
import type { ResolvedBoxOptions } from "./box_options.ts";
import { PERMISSION_NAMES } from "./sandbox.ts";

/** The command that starts a process' host. */
export interface LaunchCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** What a launch depends on beside its options. */
export interface LaunchScene {
  /** The running executable. */
  readonly executable: string;
  /** The host's module; `undefined` in a compiled binary, which is its own host. */
  readonly hostUrl: string | undefined;
  /** Programs that bound and bind the process, where the machine has them. */
  readonly shell: string | undefined;
  readonly setpriv: string | undefined;
  /** Names of the permissions that this process holds. */
  readonly held: readonly string[];
}

/** The hidden subcommand under which a compiled binary is a process' host. */
export const HOST_SUBCOMMAND = "actor-host";

/**
 * Puts together the command of a process' host.
 *
 * @throws {RangeError} when a compiled binary is to keep a part of a permission: it can only keep or
 * give up the whole
 */
export function launchCommand(options: ResolvedBoxOptions, scene: LaunchScene): LaunchCommand {
  const flags = permissionFlags(options, scene.held);
  const kept = flags.map(({ name }) => name);
  const partial = flags.find(({ list }) => list !== undefined);
  if (!scene.hostUrl && partial) {
    throw new RangeError(
      `box.permissions.${partial.name} is a list: a compiled binary can keep a permission only as ` +
        `a whole; give true or leave it out`,
    );
  }
  const program = scene.hostUrl
    ? [
      ...[scene.executable, "run", "--quiet", "--no-prompt", "--no-remote", "--no-npm"],
      ...["--cached-only", "--no-config", "--no-lock", "--no-code-cache"],
      ...flags.map(({ name, list }) =>
        list ? `--allow-${name}=${list.join(",")}` : `--allow-${name}`
      ),
      ...[scene.hostUrl, ...kept],
    ]
    : [scene.executable, HOST_SUBCOMMAND, ...kept];
  // Tied to its owner's life: a process that spins does not see that its pipe was closed.
  const tied = scene.setpriv
    ? [scene.setpriv, "--pdeathsig", "KILL", "--no-new-privs", "--", ...program]
    : program;
  const kibibytes = (BASE_DATA_MB + options.memoryMb) * 1024;
  const bounded = scene.shell
    ? [scene.shell, "-c", `ulimit -c 0; ulimit -d ${kibibytes}; exec nice -n 10 "$0" "$@"`, ...tied]
    : tied;
  const [command, ...args] = bounded as [string, ...string[]];
  return { command, args, env: environment(options) };
}

function environment({ heapMb }: ResolvedBoxOptions): Record<string, string> {
  return {
    DENO_V8_FLAGS: [
      `--max-old-space-size=${heapMb}`,
      "--disallow-code-generation-from-strings",
    ].join(","),
    // A folder that cannot be: what would be stored there (localStorage, caches) is nowhere.
    DENO_DIR: Deno.build.os === "windows" ? "NUL/none" : "/dev/null/none",
    ...{ DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
  };
}

/** Permissions whose entries are paths. */
const PATHS: readonly string[] = ["read", "write", "ffi"];

interface PermissionFlag {
  readonly name: string;
  /** The part of it; the whole where there is none. */
  readonly list: readonly string[] | undefined;
}

function permissionFlags(
  { permissions }: ResolvedBoxOptions,
  held: readonly string[],
): PermissionFlag[] {
  if (permissions === "none") return [];
  const all = PERMISSION_NAMES.filter((name) => held.includes(name));
  if (permissions === "inherit") return all.map((name) => ({ name, list: undefined }));
  return Object.entries(permissions).flatMap(([name, value]): PermissionFlag[] => {
    if (value === false || value === undefined || (Array.isArray(value) && value.length === 0)) {
      return [];
    }
    if (value === "inherit" && !held.includes(name)) return [];
    const list = Array.isArray(value) ? value.map((entry) => entryOf(name, entry)) : undefined;
    return [{ name, list }];
  });
}

/** An entry of a permission's list; paths are this process' own and not those of the process. */
function entryOf(name: string, entry: string | URL): string {
  const isFile = entry instanceof URL && entry.protocol === "file:";
  if (isFile) return decodeURIComponent(entry.pathname);
  return PATHS.includes(name) ? resolve(String(entry)) : String(entry);
}
