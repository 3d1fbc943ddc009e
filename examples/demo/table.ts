/**
 * The table that people see: a board as lines of text.
 *
 * @module
 */
import type { Board } from "./board.ts";
import { PROCEDURE, STATISTICS } from "./constants.ts";
import type { MetricStatistics } from "./ledger.ts";

/** One line, and how it stands out. */
export interface Line {
  readonly text: string;
  readonly style?: "bold" | "dim" | "good" | "bad";
}

/** The room that there is. */
export interface Room {
  /** Characters in a line. */
  readonly columns: number;
  /** Lines. */
  readonly rows: number;
}

const NAME = 17, UNIT = 4, NUMBER = 10;
const SPARKS = "▁▂▃▄▅▆▇█";
/** A first part of a node id, long enough to tell nodes apart. */
const SHORT_ID = 10;

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** Draws a board. Metrics for which there is no room are counted. */
export function table(board: Board, { columns, rows }: Room): Line[] {
  const head = [...overview(board), { text: "" }, heading(board, columns)];
  const metrics = Object.entries(board.summary?.metrics ?? {});
  const room = Math.max(1, rows - head.length - 1);
  const shown = metrics.length <= room ? metrics : metrics.slice(0, room - 1);
  const lines = [...head, ...shown.map(([topic, metric]) => row(board, topic, metric, columns))];
  const hidden = metrics.length - shown.length;
  if (hidden > 0) lines.push({ text: `… and ${hidden} more`, style: "dim" });
  return lines.slice(0, Math.max(1, rows - 1)).map((line) => ({
    ...line,
    text: line.text.slice(0, columns).trimEnd(),
  }));
}

function overview(board: Board): Line[] {
  const { summary, rpc, published, restarts, crashes } = board;
  const missing = (summary?.gaps ?? []).reduce((sum, { from, to }) => sum + to - from + 1, 0);
  const { received = 0, duplicated = 0, outOfOrder = 0 } = summary ?? {};
  const wrong = duplicated + outOfOrder + missing > 0;
  const answers = rpc.p50_us === null
    ? ""
    : `, half of them within ${number.format(rpc.p50_us)} µs`;
  const crash = crashes.at(-1);
  return [
    {
      text: `Macula Mesh: two nodes on this machine, ${
        board.elapsed.toFixed(1)
      } of ${board.seconds} s`,
      style: "bold",
    },
    {
      text: `sensor  ${short(board.sensorId)}  publishes iot/sensor/${board.host || "…"}/*, ` +
        `read from ${board.source || "…"}`,
    },
    { text: `station ${short(board.stationId)}  keeps statistics, serves ${PROCEDURE}` },
    board.connected
      ? { text: "each has proved its node key to the other, which accepts no third", style: "good" }
      : { text: "connecting …", style: "dim" },
    {
      text: `published ${number.format(published)}, received ${number.format(received)} ` +
        `(${number.format(board.rate)}/s); ` +
        `twice ${duplicated}, out of order ${outOfOrder}, missing ${missing}`,
      ...(wrong && { style: "bad" }),
    },
    {
      text: `calls ${rpc.calls}, failed ${rpc.failed}${answers}`,
      ...(rpc.failed > 0 && { style: "bad" }),
    },
    crash
      ? {
        text: `${STATISTICS} crashed at ${crash.at.toFixed(1)} s, restarts ${restarts}` +
          (restarts > 0 ? ": it goes on with what it kept" : ""),
        style: "good",
      }
      : { text: `${STATISTICS} restarts ${restarts}`, style: "dim" },
  ];
}

function heading({ crashes }: Board, columns: number): Line {
  const titles = ["last", "min", "mean", "max"].map((title) => title.padStart(NUMBER)).join("");
  const width = sparkWidth(columns);
  const marks = Array.from(
    { length: width },
    (_, i) => crashes.some(({ age }) => age === width - 1 - i) ? "↻" : " ",
  );
  return { text: "metric".padEnd(NAME + UNIT) + titles + " " + marks.join(""), style: "bold" };
}

function row(board: Board, topic: string, metric: MetricStatistics, columns: number): Line {
  const { last, min, mean, max, unit } = metric;
  const name = topic.slice(topic.lastIndexOf("/") + 1);
  const figures = [last, min, mean, max].map((value) => figure(value).padStart(NUMBER)).join("");
  const sparks = sparkline(board.history.get(topic) ?? [], sparkWidth(columns));
  return { text: name.padEnd(NAME) + unit.padEnd(UNIT) + figures + " " + sparks };
}

function sparkWidth(columns: number): number {
  return Math.max(0, Math.min(columns - NAME - UNIT - 4 * NUMBER - 1, 40));
}

/**
 * The last values as a line of bars, between the least and the greatest of them.
 *
 * @param width characters; shorter histories are padded at the left
 */
export function sparkline(values: readonly number[], width: number): string {
  const shown = width === 0 ? [] : values.slice(-width);
  const least = Math.min(...shown);
  const span = Math.max(...shown) - least;
  const bars = shown.map((value) =>
    SPARKS[span === 0 ? 0 : Math.round((value - least) / span * (SPARKS.length - 1))]
  );
  return bars.join("").padStart(width);
}

/** A number in at most nine characters, up to 99,999,999. */
export function figure(value: number): string {
  const digits = Math.abs(value) < 100 ? 2 : Math.abs(value) < 10_000 ? 1 : 0;
  return value.toLocaleString("en", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    useGrouping: digits === 0,
  });
}

function short(id: string): string {
  return (id.slice(0, SHORT_ID) || "…").padEnd(SHORT_ID);
}
