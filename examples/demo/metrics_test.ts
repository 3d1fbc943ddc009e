import assert from "node:assert/strict";
import { denoSource, openSource, type ProcFiles, procSource, type Reading } from "./metrics.ts";

const BEFORE: ProcFiles = {
  stat: "cpu  100 10 50 800 20 5 10 5 0 0\ncpu0 1 1 1 1\nctxt 1000\nbtime 1\n",
  meminfo: "MemTotal:       4096 kB\nMemFree:        2048 kB\nMemAvailable:   3072 kB\n" +
    "Cached:          512 kB\nDirty:            256 kB\nSwapFree:           0 kB\n",
  loadavg: "0.45 1.40 2.85 3/112 2627\n",
  uptime: "4244.06 6422.40\n",
};
const AFTER: ProcFiles = {
  ...BEFORE,
  stat: "cpu  105 11 52 808 22 5 11 6 0 0\ncpu0 1 1 1 1\nctxt 1500\nbtime 1\n",
};

function byName(readings: readonly Reading[]): Record<string, number> {
  return Object.fromEntries(readings.map(({ metric, value }) => [metric, value]));
}

Deno.test("procSource() works out shares and rates between two readings", () => {
  const files = [BEFORE, AFTER];
  const times = [1_000, 1_100];
  const source = procSource(() => files.shift()!, () => times.shift()!);
  assert.deepEqual(byName(source.read()), {
    "load-1m": 0.45,
    "load-5m": 1.4,
    "load-15m": 2.85,
    "tasks": 112,
    "tasks-runnable": 3,
    "mem-free": 2,
    "mem-available": 3,
    "mem-cached": 0.5,
    "mem-dirty": 0.25,
    "swap-free": 0,
    "cpu-user": 30,
    "cpu-system": 10,
    "cpu-idle": 40,
    "cpu-iowait": 10,
    "cpu-irq": 5,
    "cpu-steal": 5,
    "context-switches": 5_000,
    "uptime": 4_244.06,
  });
});

Deno.test("procSource() refuses what is not what proc(5) says", () => {
  assert.throws(() => procSource(() => ({ ...BEFORE, stat: "intr 1 2 3\n" })), SyntaxError);
  const source = procSource(() => ({ ...BEFORE, meminfo: "MemFree: lots\n" }));
  assert.throws(() => source.read(), /MemFree/);
});

for (const [name, open] of Object.entries({ openSource, denoSource })) {
  Deno.test(`${name}() reads at least ten metrics of this machine, the same each time`, () => {
    const source = open();
    const first = source.read();
    assert(first.length >= 10, `${first.length} metrics`);
    assert.equal(new Set(first.map(({ metric }) => metric)).size, first.length);
    for (const { metric, value } of first) {
      assert.match(metric, /^[a-z0-9-]+$/);
      assert(Number.isFinite(value) && value >= 0, `${metric} is ${value}`);
    }
    const again = source.read();
    assert.deepEqual(again.map(({ metric }) => metric), first.map(({ metric }) => metric));
  });
}
