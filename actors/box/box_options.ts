import {
  DEFAULT_HEAP_MB,
  DEFAULT_UNANSWERED_MS,
  EXTRA_MEMORY_MB,
  MAX_HEAP_MB,
  MAX_MEMORY_MB,
  MAX_UNANSWERED_MS,
  MIN_HEAP_MB,
  MIN_UNANSWERED_MS,
} from "./constants.ts";
import { EVERY_REACH, type Reach } from "./reach.ts";

/** The placements whose incarnations live in a box. */
export type BoxPlacement = "worker" | "process";

/** What a boxed actor may do, as `Deno.permissions` names it. */
export type BoxPermissions = "none" | "inherit" | Deno.PermissionOptionsObject;

/** Options of the placements `worker` and `process`. */
export interface BoxOptions {
  /** `"inherit"` unless named in a worker, `"none"` in a process. */
  readonly permissions?: BoxPermissions;
  /**
   * What of its node it may use beside the refs that it was given: nothing unless named in a
   * process, everything in a worker.
   */
  readonly reach?: readonly Reach[];
  /** A process' heap for JavaScript objects, in MiB, 16 to 16,384; 64 unless named. */
  readonly heapMb?: number;
  /**
   * All the memory that a process may have for itself, in MiB, more than its heap and at most
   * 65,536; 256 more than the heap unless named. Holds where there is a POSIX shell to set it.
   */
  readonly memoryMb?: number;
  /**
   * A process that answers nothing for so long is killed, in milliseconds, 100 to 3,600,000; 800
   * unless named. Raise it for an agent that computes long between two turns of its event loop.
   */
  readonly unansweredMs?: number;
  /** The folder that a process' imports may come from; its module's own folder unless named. */
  readonly root?: string | URL;
}

/** Box options with every default filled in. */
export interface ResolvedBoxOptions {
  readonly permissions: BoxPermissions;
  readonly reach: readonly Reach[];
  readonly heapMb: number;
  readonly memoryMb: number;
  readonly unansweredMs: number;
  readonly root: string | URL | undefined;
}

const PERMISSIONS = ["read", "write", "net", "env", "sys", "run", "ffi", "import"];
const OF_A_PROCESS = ["heapMb", "memoryMb", "unansweredMs", "root"] as const;

/**
 * What is wrong with the box options of a spawn, if anything.
 *
 * @param placement where the actor is to run; only `worker` and `process` take box options
 * @param options what stands under `box`
 */
export function boxProblem(placement: string, options: unknown): Error | undefined {
  if (options === undefined) return undefined;
  if (placement !== "worker" && placement !== "process") {
    return new TypeError(
      `box is given for placement "${placement}": it is for "worker" and "process"`,
    );
  }
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    return new TypeError(`box is ${describeType(options)}: give an object of options`);
  }
  const known = ["permissions", "reach", ...OF_A_PROCESS] as string[];
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    return new TypeError(`box has the unknown option "${unknown}": there are ${known.join(", ")}`);
  }
  const given = options as Record<string, unknown>;
  const misplaced = placement === "worker" &&
    OF_A_PROCESS.find((key) => given[key] !== undefined);
  if (misplaced) {
    return new TypeError(
      `box.${misplaced} is given for a worker: only a process can be held to it`,
    );
  }
  return permissionsProblem(given.permissions) ??
    reachListProblem(given.reach) ??
    numberProblem("heapMb", given.heapMb, MIN_HEAP_MB, MAX_HEAP_MB, "MiB") ??
    numberProblem("memoryMb", given.memoryMb, heapOf(given) + 1, MAX_MEMORY_MB, "MiB") ??
    numberProblem("unansweredMs", given.unansweredMs, MIN_UNANSWERED_MS, MAX_UNANSWERED_MS, "ms") ??
    rootProblem(given.root);
}

/** Fills in the defaults of options without a problem. */
export function resolveBoxOptions(
  placement: BoxPlacement,
  options: BoxOptions,
): ResolvedBoxOptions {
  const heapMb = options.heapMb ?? DEFAULT_HEAP_MB;
  return {
    permissions: options.permissions ?? (placement === "process" ? "none" : "inherit"),
    reach: options.reach ?? (placement === "process" ? [] : EVERY_REACH),
    heapMb,
    memoryMb: options.memoryMb ?? heapMb + EXTRA_MEMORY_MB,
    unansweredMs: options.unansweredMs ?? DEFAULT_UNANSWERED_MS,
    root: options.root,
  };
}

function heapOf(given: Record<string, unknown>): number {
  return typeof given.heapMb === "number" ? given.heapMb : DEFAULT_HEAP_MB;
}

function permissionsProblem(permissions: unknown): Error | undefined {
  if (permissions === undefined || permissions === "none" || permissions === "inherit") {
    return undefined;
  }
  if (typeof permissions !== "object" || permissions === null) {
    const shown = typeof permissions === "string" ? `"${permissions}"` : describeType(permissions);
    return new TypeError(
      `box.permissions is ${shown}: give "none", "inherit" or an object such as { read: ["data"] }`,
    );
  }
  for (const [name, value] of Object.entries(permissions)) {
    if (!PERMISSIONS.includes(name)) {
      return new TypeError(
        `box.permissions has the unknown "${name}": there are ${PERMISSIONS.join(", ")}`,
      );
    }
    const list = Array.isArray(value) &&
      value.every((item) => typeof item === "string" || item instanceof URL);
    if (value !== "inherit" && typeof value !== "boolean" && value !== undefined && !list) {
      return new TypeError(
        `box.permissions.${name} is ${describeType(value)}: give a boolean, "inherit" or a list`,
      );
    }
    if (list && value.some((item) => String(item).includes(","))) {
      return new TypeError(`box.permissions.${name} has an entry with a comma: name each apart`);
    }
    if (list && value.some((item) => String(item) === "")) {
      return new TypeError(
        `box.permissions.${name} has an empty entry, which means the folder at hand`,
      );
    }
  }
  return undefined;
}

function reachListProblem(reach: unknown): Error | undefined {
  if (reach === undefined) return undefined;
  const known = EVERY_REACH.join(", ");
  if (!Array.isArray(reach)) {
    return new TypeError(`box.reach is ${describeType(reach)}: give a list of ${known}`);
  }
  const odd = reach.find((one) => !EVERY_REACH.includes(one));
  return odd === undefined
    ? undefined
    : new RangeError(`box.reach has ${JSON.stringify(odd) ?? typeof odd}: there are ${known}`);
}

function numberProblem(
  name: string,
  value: unknown,
  min: number,
  max: number,
  unit: string,
): Error | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "number") {
    return new TypeError(`box.${name} is ${describeType(value)}: give a number of ${unit}`);
  }
  if (!Number.isInteger(value) || value < min || value > max) {
    return new RangeError(`box.${name} is ${value}: give a whole number, ${min} to ${max} ${unit}`);
  }
  return undefined;
}

function rootProblem(root: unknown): Error | undefined {
  if (root === undefined) return undefined;
  const path = typeof root === "string" && !root.startsWith("file:") ? root : undefined;
  if (path !== undefined) {
    return path === "" ? new RangeError(`box.root is empty: name a folder`) : undefined;
  }
  const url = root instanceof URL ? root : typeof root === "string" ? URL.parse(root) : null;
  if (url?.protocol === "file:") return undefined;
  return new TypeError(`box.root is ${root}: give a folder's path or its file: URL`);
}

function describeType(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "an array" : typeof value;
}
