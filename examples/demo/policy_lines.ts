import type { Line } from "./line.ts";
import type { PolicyReport } from "./policy_report.ts";

/** A field as files call it, and its value as they write it. */
type Row = readonly [
  name: string,
  field: keyof PolicyReport["from"],
  value: (p: PolicyReport) => string,
];

const ROWS: readonly Row[] = [
  ["app", "app", ({ app }) => app],
  ["transport", "transport", ({ transport }) => transport],
  ["key-mgmt", "keyMgmt", ({ keyMgmt }) => keyMgmt],
  ["require", "require", ({ require }) => require.join(", ") || "nothing"],
  ["on-stale", "onStale", ({ onStale }) => `${duration(onStale.graceMs)}, ${onStale.then}`],
  ["overlap", "overlapMs", ({ overlapMs }) => duration(overlapMs)],
];

/** The policies side by side, a line a field, each value with where it came from. */
export function policyLines(policies: ReadonlyMap<string, PolicyReport>): Line[] {
  const columns = [...policies].sort(([a], [b]) => a < b ? -1 : 1).map(([name, report]) => {
    const values = ROWS.map(([, , value]) => value(report));
    const width = Math.max(...values.map((value) => value.length));
    const cells = ROWS.map(([, field], i) =>
      `${(values[i] as string).padEnd(width)} ${report.from[field]}`
    );
    const all = [name, ...cells];
    const total = Math.max(...all.map((cell) => cell.length));
    return all.map((cell) => cell.padEnd(total));
  });
  if (columns.length === 0) return [];
  return ["policy", ...ROWS.map(([name]) => name)].map((name, i) => ({
    text: [name.padEnd(9), ...columns.map((cells) => cells[i])].join("  "),
    ...(i === 0 && { style: "bold" as const }),
  }));
}

const UNITS = [["d", 86_400_000], ["h", 3_600_000], ["m", 60_000], ["s", 1_000]] as const;

/** As policy files write it. */
function duration(ms: number): string {
  const [unit, size] = UNITS.find(([, size]) => ms >= size && ms % size === 0) ?? ["ms", 1];
  return `${ms / size}${unit}`;
}
