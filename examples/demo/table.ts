/**
 * The table that people see: a board as lines of text.
 *
 * @module
 */
import type { Board } from "./board.ts";
import { PROCEDURE, STATISTICS } from "./constants.ts";
import type { MetricStatistics, Summary } from "./ledger.ts";
import type { Line } from "./line.ts";
import { policyLines } from "./policy_lines.ts";

/** The room that there is. */
export interface Room {
  /** Characters in a line. */
  readonly columns: number;
  /** Lines. */
  readonly rows: number;
}

const NAME = 17, UNIT = 4, NUMBER = 10;
const SPARKS = "▁▂▃▄▅▆▇█";
/** What stands over the bars, where something happened. */
const MARKS = { killed: "↯", returned: "↑", crashed: "↻" } as const;
/** A first part of a node id, long enough to tell nodes apart. */
const SHORT_ID = 10;

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** Draws a board. Metrics for which there is no room are counted. */
export function table(board: Board, { columns, rows }: Room): Line[] {
  const head = [...overview(board), { text: "" }, heading(board, columns)];
  const metrics = Object.entries(board.summary?.metrics ?? {}).sort(([a], [b]) => a < b ? -1 : 1);
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
  const { bootstrapId, elapsed, seconds, host, source } = board;
  const time = `${Math.min(elapsed, seconds).toFixed(1)} of ${seconds} s`;
  return [
    {
      text: `Macula Mesh: three node processes that know only node ${short(bootstrapId)}, ${time}`,
      style: "bold",
    },
    {
      text: `sensor  ${short(board.sensorId)}  publishes iot/sensor/${host || "…"}/*, ` +
        `read from ${source || "…"}`,
    },
    { text: `station ${short(board.stationId)}  keeps statistics, serves ${PROCEDURE}` },
    { text: `caller  ${short(board.callerId)}  calls ${PROCEDURE}` },
    meeting(board, "sensor"),
    meeting(board, "caller"),
    ...policyLines(board.policies),
    readings(board),
    calls(board),
    outage(board),
    crash(board),
  ];
}

/** Whom a node found in the DHT. */
function meeting({ found, stationId }: Board, who: "sensor" | "caller"): Line {
  const line = found.get(who);
  if (!line) return { text: `${who}  looks in the DHT …`, style: "dim" };
  const met = line.peers.map((peer) => peer === stationId ? "the station" : short(peer));
  return { text: `${who}  found ${met.join(", ")} in the DHT under ${line.name}`, style: "good" };
}

function readings({ summary, published, rate }: Board): Line {
  const { received = 0, duplicated = 0, outOfOrder = 0 } = summary ?? {};
  return {
    text: `published ${number.format(published)}, received ${number.format(received)} ` +
      `(${number.format(rate)}/s); twice ${duplicated}, out of order ${outOfOrder}, ` +
      `missed while down ${number.format(missing(summary))}`,
    ...(duplicated + outOfOrder > 0 && { style: "bad" }),
  };
}

function calls({ rpc }: Board): Line {
  const answers = rpc.p50_us === null
    ? ""
    : `, half of those answered within ${number.format(rpc.p50_us)} µs`;
  return { text: `calls ${rpc.calls}, failed ${rpc.failed}${answers}` };
}

function outage(board: Board): Line {
  const [killed, returned] = [board.last("killed"), board.last("returned")];
  if (!killed) return { text: "station process not killed yet", style: "dim" };
  const text = `${MARKS.killed} station process killed (SIGKILL) at ${killed.at.toFixed(1)} s, `;
  if (!returned) return { text: `${text}starting again`, style: "bad" };
  const state = `${MARKS.returned} back at ${returned.at.toFixed(1)} s as ${
    short(board.stationId)
  }, knowing ${number.format(board.resumedWith)} readings`;
  return { text: text + state, style: "good" };
}

function crash(board: Board): Line {
  const { restarts } = board;
  const crashed = board.last("crashed");
  if (!crashed) return { text: `${STATISTICS} restarts ${restarts}`, style: "dim" };
  const text = `${MARKS.crashed} ${STATISTICS} crashed at ${crashed.at.toFixed(1)} s, ` +
    `restarts ${restarts}${restarts > 0 ? ": it goes on with what it kept" : ""}`;
  return { text, style: "good" };
}

function missing(summary: Summary | undefined): number {
  return (summary?.publishers ?? []).flatMap((record) => record.missing)
    .reduce((sum, { from, to }) => sum + to - from + 1, 0);
}

function heading({ marks }: Board, columns: number): Line {
  const titles = ["last", "min", "mean", "max"].map((title) => title.padStart(NUMBER)).join("");
  const width = sparkWidth(columns);
  const above = Array.from({ length: width }, (_, i) => {
    const mark = marks.find(({ age }) => age === width - 1 - i);
    return mark ? MARKS[mark.what] : " ";
  });
  return { text: "metric".padEnd(NAME + UNIT) + titles + " " + above.join(""), style: "bold" };
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
