/**
 * The machine's own metrics: from `/proc` where it can be read, from Deno elsewhere.
 *
 * @module
 */
import { cpus } from "node:os";

/** One metric, read once. */
export interface Reading {
  /** Lower-case letters, digits and `-`: a segment of a topic. */
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
}

/** Where readings come from. */
export interface Source {
  readonly name: string;
  /** Reads every metric; the same ones each time. */
  read(): Reading[];
}

/** What metrics are worked out of: contents of `/proc`. */
export interface ProcFiles {
  readonly stat: string;
  readonly meminfo: string;
  readonly loadavg: string;
  readonly uptime: string;
}

/** Values that grow as long as the machine runs, and the moment when they were read. */
interface Counters {
  /** Time spent by kind, summed over the CPUs, in any unit. */
  readonly cpu: Readonly<Record<string, number>>;
  /** Context switches since the machine started; not everywhere known. */
  readonly switches?: number;
  /** Milliseconds. */
  readonly at: number;
}

const KIB = 1 / 1_024;
const MIB = 1 / (1_024 * 1_024);

/** The best source that this process may read. Deno gives `/proc` only to `--allow-all`. */
export function openSource(): Source {
  try {
    const source = procSource(readProc);
    source.read();
    return source;
  } catch {
    return denoSource(); // no /proc, or none for us: the figures are fewer, and as real
  }
}

/**
 * The metrics that Linux tells in `/proc`.
 *
 * @param files reads the files
 * @param now milliseconds that never go back
 * @throws when they cannot be read or understood
 */
export function procSource(files: () => ProcFiles, now = () => performance.now()): Source {
  let before = parseStat(files().stat, now());
  return {
    name: "/proc",
    read() {
      const { stat, meminfo, loadavg, uptime } = files();
      const after = parseStat(stat, now());
      const rates = ratesOf(before, after);
      before = after;
      return [...loads(loadavg), ...memory(meminfo), ...rates, {
        metric: "uptime",
        value: numberIn(uptime, /^(\S+)/),
        unit: "s",
      }];
    },
  };
}

/** The metrics that Deno tells on every platform. */
export function denoSource(now = () => performance.now()): Source {
  const counters = (): Counters => {
    const cpu = { user: 0, system: 0, idle: 0 };
    for (const { times } of cpus()) {
      cpu.user += times.user + times.nice;
      cpu.system += times.sys + times.irq;
      cpu.idle += times.idle;
    }
    return { cpu, at: now() };
  };
  let before = counters();
  return {
    name: "Deno",
    read() {
      const after = counters();
      const rates = ratesOf(before, after);
      before = after;
      const machine = Deno.systemMemoryInfo();
      const own = Deno.memoryUsage();
      const mib = (metric: string, bytes: number) => ({ metric, value: bytes * MIB, unit: "MiB" });
      return [
        ...loadReadings(Deno.loadavg()),
        mib("mem-free", machine.free),
        mib("mem-available", machine.available),
        mib("swap-free", machine.swapFree),
        mib("process-resident", own.rss),
        mib("process-heap", own.heapUsed),
        ...rates,
        { metric: "uptime", value: Deno.osUptime(), unit: "s" },
      ];
    },
  };
}

function readProc(): ProcFiles {
  const read = (name: string) => Deno.readTextFileSync(`/proc/${name}`);
  return {
    stat: read("stat"),
    meminfo: read("meminfo"),
    loadavg: read("loadavg"),
    uptime: read("uptime"),
  };
}

/** The kinds of CPU time in the order of the line `cpu` in `/proc/stat` (proc_stat(5)). */
const CPU_KINDS = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"] as const;

function parseStat(stat: string, at: number): Counters {
  const line = /^cpu +(.+)$/m.exec(stat)?.[1];
  if (line === undefined) throw new SyntaxError(`/proc/stat has no line "cpu": ${stat}`);
  const ticks = line.split(" ").map(Number);
  const [user, nice, system, idle, iowait, irq, softirq, steal] = CPU_KINDS.map((_, i) =>
    ticks[i] ?? 0
  ) as [number, number, number, number, number, number, number, number];
  return {
    cpu: { user: user + nice, system, idle, iowait, irq: irq + softirq, steal },
    switches: numberIn(stat, /^ctxt (\d+)$/m),
    at,
  };
}

function ratesOf(before: Counters, after: Counters): Reading[] {
  const spent = Object.entries(after.cpu).map(([kind, time]) =>
    // The kernel may take back a little idle time between two readings.
    [kind, Math.max(0, time - (before.cpu[kind] ?? 0))] as const
  );
  const total = spent.reduce((sum, [, time]) => sum + time, 0);
  const shares = spent.map(([kind, time]) => ({
    metric: `cpu-${kind}`,
    value: total === 0 ? 0 : 100 * time / total,
    unit: "%",
  }));
  if (after.switches === undefined || before.switches === undefined) return shares;
  const seconds = Math.max(1, after.at - before.at) / 1_000;
  const value = (after.switches - before.switches) / seconds;
  return [...shares, { metric: "context-switches", value, unit: "1/s" }];
}

function loads(loadavg: string): Reading[] {
  const averages = loadavg.split(" ").slice(0, 3).map(Number);
  const tasks = /(\d+)\/(\d+)/.exec(loadavg);
  return [
    ...loadReadings(averages),
    { metric: "tasks", value: Number(tasks?.[2] ?? 0), unit: "" },
    { metric: "tasks-runnable", value: Number(tasks?.[1] ?? 0), unit: "" },
  ];
}

function loadReadings(averages: readonly number[]): Reading[] {
  return [1, 5, 15].map((minutes, i) => ({
    metric: `load-${minutes}m`,
    value: averages[i] ?? 0,
    unit: "",
  }));
}

const MEMORY = [
  ["mem-free", "MemFree"],
  ["mem-available", "MemAvailable"],
  ["mem-cached", "Cached"],
  ["mem-dirty", "Dirty"],
  ["swap-free", "SwapFree"],
] as const;

function memory(meminfo: string): Reading[] {
  return MEMORY.map(([metric, key]) => ({
    metric,
    value: numberIn(meminfo, new RegExp(`^${key}: +(\\d+) kB$`, "m")) * KIB,
    unit: "MiB",
  }));
}

function numberIn(text: string, pattern: RegExp): number {
  const value = Number(pattern.exec(text)?.[1] ?? NaN);
  if (!Number.isFinite(value)) throw new SyntaxError(`${pattern} finds no number in: ${text}`);
  return value;
}
