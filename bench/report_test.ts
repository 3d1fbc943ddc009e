import assert from "node:assert/strict";
import type { Result } from "./harness.ts";
import { table } from "./report.ts";

const echo: Result = {
  ...{ group: "transport", case: "round-trip", system: "macula", value: 180.5, unit: "µs" },
  ...{ p50: 180.5, p99: 12_345, runs: 5, spread: { least: 170, most: 190 } },
  ...{ goal: { atMost: 400 }, met: true },
};
const bulk: Result = {
  ...{ group: "transport", case: "one-way", system: "deno-quic", value: 5, unit: "MB/s" },
  ...{ p50: null, p99: null, runs: 5, spread: { least: 4, most: 6 } },
  ...{
    goal: { atLeast: 7 },
    met: false,
    counts: { lostPackets: 3 },
    note: "no client certificate",
  },
};

Deno.test("table() lines the results up, and says which goals are met and which missed", () => {
  assert.equal(
    table([echo, bulk]),
    [
      "case        system        value  p50 µs  p99 µs  lowest to highest  goal",
      "round-trip  macula     180.5 µs   180.5  12,345         170 to 190  at most 400: met",
      "one-way     deno-quic    5 MB/s                             4 to 6  at least 7: MISSED",
      "  one-way, deno-quic: no client certificate; lostPackets 3",
    ].join("\n"),
  );
});
