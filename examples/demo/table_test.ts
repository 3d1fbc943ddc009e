import assert from "node:assert/strict";
import { Board } from "./board.ts";
import type { Summary } from "./ledger.ts";
import type { PolicyReport } from "./policy_report.ts";
import { Screen } from "./screen.ts";
import { figure, sparkline, table } from "./table.ts";

const STATION = "bzzzzzzzzzzzzzzzzzzzz";

/** A summary of so many metrics, each read so often. */
function summary(metrics: number, count: number): Summary {
  const readings = Array.from({ length: metrics }, (_, i) => {
    const statistics = { unit: "MiB", count, last: count, min: 1, mean: count / 2, max: count };
    return [`iot/sensor/host/metric-${i}`, statistics] as const;
  });
  const counts = { received: metrics * count, duplicated: 0, outOfOrder: 0, publishers: [] };
  return { ...counts, metrics: Object.fromEntries(readings) };
}

const POLICY: PolicyReport = {
  ...{ app: "libsodium", transport: "quic-raw-pk", keyMgmt: "dht-tofu", require: ["e2e"] },
  ...{ onStale: { graceMs: 86_400_000, then: "use-last" }, overlapMs: 90_500 },
  from: {
    ...{ app: "policies.yaml:10:10", transport: "policies.yaml:5:14", keyMgmt: "built in" },
    ...{ require: "policies.yaml:11:14", onStale: "built in", overlapMs: "built in" },
  },
};

/** A board on which `metrics` metrics were read ten times: a kill after the third, a crash later. */
function board(metrics: number): Board {
  let now = 0;
  const board = new Board(10, () => now);
  board.bootstrapped("b00000000000000000000");
  board.sensorSaid({ event: "ready", id: "baaaaaaaaaaaaaaaaaaaa" });
  board.stationSaid({ event: "ready", id: STATION });
  board.callerSaid({ event: "ready", id: "bccccccccccccccccccc" });
  board.sensorSaid({ event: "found", name: "topic/iot/sensor", peers: [STATION] });
  board.callerSaid({ event: "calling", policy: POLICY });
  board.sensorSaid({ event: "publishing", host: "host", source: "/proc", policy: POLICY });
  for (let i = 1; i <= 10; i++) {
    now += 200;
    board.stationSaid({
      event: "statistics",
      summary: summary(metrics, i),
      restarts: i > 6 ? 1 : 0,
    });
    if (i === 3) {
      board.killed();
      now += 100;
      board.stationSaid({ event: "ready", id: STATION });
    }
    if (i === 6) board.stationSaid({ event: "crashed", actor: "agents/statistics", error: "" });
  }
  return board;
}

Deno.test("table() shows who, how much, what failed, and every metric", () => {
  const lines = table(board(3), { columns: 100, rows: 40 }).map(({ text }) => text);
  const text = lines.join("\n");
  assert.match(text, /three node processes that know only node b000000000, 2\.1 of 10 s/);
  assert.match(text, /sensor {2}baaaaaaaaa {2}publishes iot\/sensor\/host\/\*/);
  assert.match(text, /station bzzzzzzzzz/);
  assert.match(text, /caller {2}bccccccccc/);
  assert.match(text, /^sensor {2}found the station in the DHT under topic\/iot\/sensor$/m);
  assert.match(text, /^caller {2}looks in the DHT …$/m);
  assert.match(text, /received 30 \(15\/s\); twice 0/);
  assert.match(text, /^↯ .* at 0\.6 s, ↑ back at 0\.7 s as bzzzzzzzzz, knowing 12 readings$/m);
  assert.match(text, /^↻ statistics crashed at 1\.3 s, restarts 1/m);
  assert.match(text, /^metric-2 +MiB +10\.00 +1\.00 +5\.00 +10\.00 +▁▂▃▃▄▅▆▆▇█$/m);
  assert.match(text, /^policy +iot\/sensor\/host\/\* +lob\/stats\/summary$/m);
  const heading = lines.find((line) => line.startsWith("metric ")) ?? "";
  assert.match(heading, / ↯↑ ↻$/);
  const bars = lines.find((line) => line.startsWith("metric-2"))?.length ?? 0;
  assert.equal(heading.indexOf("↻"), bars - 5, "four reports came after the crash");
});

Deno.test("table() fits its room, and counts the metrics that do not", () => {
  for (const rows of [1, 5, 12, 24, 40]) {
    const lines = table(board(20), { columns: 60, rows });
    assert(lines.length <= Math.max(1, rows - 1), `${lines.length} lines in ${rows} rows`);
    for (const { text } of lines) assert(text.length <= 60, text);
  }
  const texts = table(board(20), { columns: 80, rows: 24 }).map(({ text }) => text);
  const shown = texts.filter((text) => text.startsWith("metric-")).length;
  assert.equal(texts.at(-1), `… and ${20 - shown} more`);
});

Deno.test("table() can be drawn before anything is known", () => {
  const texts = table(new Board(10), { columns: 80, rows: 24 }).map(({ text }) => text);
  assert(texts.includes("station process not killed yet"));
});

Deno.test("table() marks what went wrong", () => {
  const bad = board(1);
  const publishers = [
    { publisher: "b", incarnation: 1, highest: 9, missing: [{ from: 3, to: 4 }] },
  ];
  const wrong = { ...summary(1, 9), publishers, duplicated: 1 };
  bad.stationSaid({ event: "statistics", summary: wrong, restarts: 1 });
  const line = table(bad, { columns: 80, rows: 24 }).find(({ style }) => style === "bad");
  assert.match(line?.text ?? "", /twice 1, out of order 0, missed while down 2$/);
});

Deno.test("sparkline() stretches from the least to the greatest, and is as wide as it is told", () => {
  assert.equal(sparkline([0, 50, 100], 5), "  ▁▅█");
  assert.equal(sparkline([1, 2, 3, 4], 2), "▁█");
  assert.equal(sparkline([7, 7], 2), "▁▁");
  assert.equal(sparkline([], 3), "   ");
  assert.equal(sparkline([1, 2], 0), "");
});

Deno.test("figure() keeps numbers short", () => {
  const figures = [0, 0.456, 99.99, 100, 9_999.5, 22_709.4].map(figure);
  assert.deepEqual(figures, ["0.00", "0.46", "99.99", "100.0", "9999.5", "22,709"]);
});

Deno.test("Screen draws over what it drew, and gives the cursor back", () => {
  let written = "";
  {
    using screen = new Screen((text) => written += text, true);
    screen.draw([{ text: "one" }, { text: "two", style: "bad" }]);
    screen.draw([{ text: "three" }]);
  }
  assert.equal(
    written,
    "\x1b[?25l" + "\rone\x1b[K\n\r\x1b[31mtwo\x1b[0m\x1b[K\n\x1b[J" +
      "\x1b[2A\rthree\x1b[K\n\x1b[J" + "\x1b[?25h",
  );
});
