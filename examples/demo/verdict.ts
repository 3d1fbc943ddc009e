/**
 * Whether a run went as it must: every reading arrived once and in order, every call was answered,
 * the crash was survived, and each node had the other for its only peer.
 *
 * @module
 */
import type { CallFigures } from "./latencies.ts";
import type { Gap, Summary } from "./ledger.ts";
import type { SensorLine, StationLine } from "./protocol.ts";

/** What the demo prints with `--json`. */
export interface Figures {
  readonly published: number;
  readonly received: number;
  readonly duplicated: number;
  readonly outOfOrder: number;
  /** What never came. */
  readonly gaps: readonly Gap[];
  readonly rpc: CallFigures;
  readonly restarts: number;
}

/** What both sides have to say in the end. */
export interface Evidence {
  readonly sensorId: string;
  readonly stationId: string;
  readonly sensor: Extract<SensorLine, { event: "done" }>;
  readonly station: Extract<StationLine, { event: "done" }>;
}

/** What became of a run. */
export interface Verdict {
  readonly figures: Figures;
  /** What went wrong, for people; empty if nothing did. */
  readonly problems: readonly string[];
}

/** Judges a run. */
export function judge({ sensorId, stationId, sensor, station }: Evidence): Verdict {
  const { summary, restarts } = station;
  const { published, rpc, errors } = sensor;
  const total = Object.values(published).reduce((sum, count) => sum + count, 0);
  const gaps = [...summary.gaps, ...cutOff(published, summary)];
  const missing = gaps.reduce((sum, gap) => sum + size(gap), 0);
  const { received, duplicated, outOfOrder } = summary;
  const counts = { published: total, received, duplicated, outOfOrder };
  const strangers = Object.keys(summary.metrics).filter((topic) => !(topic in published));
  const problems: [boolean, string][] = [
    [total === 0, "nothing was published"],
    [missing > 0, `${missing} readings never arrived: ${gaps.map(inWords).join("; ")}`],
    [duplicated > 0, `${duplicated} readings arrived more than once`],
    [outOfOrder > 0, `${outOfOrder} readings arrived out of order`],
    [strangers.length > 0, `readings came that nobody published: ${strangers.join(", ")}`],
    [
      received !== total && missing === 0 && strangers.length === 0,
      `${total} readings were published, and ${received} received`,
    ],
    [rpc.calls === 0, "the summary was never called for"],
    [rpc.failed > 0, `${rpc.failed} of ${rpc.calls} calls failed: ${errors.join("; ")}`],
    [restarts !== 1, `the statistics crashed once, and were restarted ${restarts} times`],
    [!hasOnly(sensor.peers, stationId), `the sensor's peers were: ${listed(sensor.peers)}`],
    [!hasOnly(station.peers, sensorId), `the station's peers were: ${listed(station.peers)}`],
  ];
  return {
    figures: { ...counts, gaps, rpc, restarts },
    problems: problems.filter(([bad]) => bad).map(([, problem]) => problem),
  };
}

/** What is missing after the last that came, which the station cannot know. */
function cutOff(published: Readonly<Record<string, number>>, { metrics, gaps }: Summary): Gap[] {
  return Object.entries(published).map(([topic, to]) => {
    const below = gaps.filter((gap) => gap.topic === topic).reduce(
      (sum, gap) => sum + size(gap),
      0,
    );
    return { topic, from: (metrics[topic]?.count ?? 0) + below + 1, to };
  }).filter(({ from, to }) => from <= to);
}

function size({ from, to }: Gap): number {
  return to - from + 1;
}

function inWords({ topic, from, to }: Gap): string {
  return `${topic} ${from === to ? from : `${from} to ${to}`}`;
}

function hasOnly(peers: readonly string[], id: string): boolean {
  return peers.length === 1 && peers[0] === id;
}

function listed(peers: readonly string[]): string {
  return peers.join(", ") || "none";
}
