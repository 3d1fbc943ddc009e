/**
 * Whether a run went as it must: the nodes found each other in the DHT, the station came back from
 * its kill as itself and with what it knew, and but for what it missed meanwhile every reading
 * arrived once and in order, and every call was answered.
 *
 * @module
 */
import { answerOf, type Call, type CallFigures, callFigures } from "./calls.ts";
import type { Summary } from "./ledger.ts";
import { callProblems, gapProblems, type Outage } from "./outage.ts";
import type { Span } from "./numbers.ts";
import type { PolicyReport } from "./policy_report.ts";
import type { Done, FoundLine, SensorLine, StationLine } from "./protocol.ts";

/** Readings of a publisher that never came, by their numbers over all of its topics. */
export interface Gap extends Span {
  readonly publisher: string;
  /** How many. */
  readonly missed: number;
}

/** What the demo prints with `--json`. */
export interface Figures {
  readonly published: number;
  readonly received: number;
  readonly duplicated: number;
  readonly outOfOrder: number;
  /** Readings that were published while the station was dead, or that it had not saved by then. */
  readonly missedWhileDown: number;
  /** What never came. */
  readonly gaps: readonly Gap[];
  readonly restarts: number;
  readonly rpc: CallFigures;
  /** By topic or procedure. */
  readonly policies: Readonly<Record<string, PolicyReport>>;
}

/** What all sides have to say in the end. */
export interface Evidence {
  readonly bootstrapId: string;
  readonly sensorId: string;
  readonly callerId: string;
  /** The station's before the kill and after it. */
  readonly stationIds: readonly [before: string, after: string];
  /** Whom the sensor and the caller found in the DHT. */
  readonly found: readonly FoundLine[];
  readonly outage: Outage;
  readonly calls: readonly Call[];
  readonly sensor: Extract<SensorLine, { event: "done" }>;
  readonly station: Extract<StationLine, { event: "done" }>;
  readonly caller: Done;
  readonly policies: Readonly<Record<string, PolicyReport>>;
}

/** What became of a run. */
export interface Verdict {
  readonly figures: Figures;
  /** What went wrong, for people; empty if nothing did. */
  readonly problems: readonly string[];
}

/** Judges a run. */
export function judge(evidence: Evidence): Verdict {
  const { sensorId, sensor, station, outage, calls, policies } = evidence;
  const { received, duplicated, outOfOrder, publishers } = station.summary;
  const published = Object.values(sensor.published).reduce((sum, count) => sum + count, 0);
  const gaps = gapsOf(station.summary, sensorId, published);
  const missing = gaps.reduce((sum, { missed }) => sum + missed, 0);
  const strangers = publishers.filter(({ publisher }) => publisher !== sensorId);
  const problems: [boolean, string][] = [
    [published === 0, "nothing was published"],
    [duplicated > 0, `${duplicated} readings arrived more than once`],
    [outOfOrder > 0, `${outOfOrder} readings arrived out of order`],
    [strangers.length > 0, `others published: ${listed(strangers.map((one) => one.publisher))}`],
    [publishers.length > 1 && strangers.length === 0, "the sensor began anew"],
    [
      received !== published - missing,
      `${published} readings were published, ${missing} are missing, and ${received} received`,
    ],
    [
      station.restarts !== 1,
      `the statistics crashed once, and were restarted ${station.restarts} times`,
    ],
  ];
  return {
    figures: {
      ...{ published, received, duplicated, outOfOrder, missedWhileDown: missing, gaps },
      ...{ restarts: station.restarts, rpc: callFigures(calls), policies },
    },
    problems: [
      ...problems.filter(([bad]) => bad).map(([, problem]) => problem),
      ...gapProblems(gaps, outage, Object.keys(sensor.published).length),
      ...callProblems(calls, outage),
      ...identityProblems(evidence),
    ],
  };
}

/** What is missing, with what came after the last that the station has, which it cannot know. */
function gapsOf({ publishers }: Summary, publisher: string, published: number): Gap[] {
  const own = publishers.find((record) => record.publisher === publisher);
  const cutOff = { from: (own?.highest ?? 0) + 1, to: published };
  return [...own?.missing ?? [], ...cutOff.from <= published ? [cutOff] : []]
    .map(({ from, to }) => ({ publisher, from, to, missed: to - from + 1 }));
}

/** What is wrong with who took part, who was found and who answered. */
function identityProblems(evidence: Evidence): string[] {
  const { bootstrapId, sensorId, callerId, stationIds: [stationId, after], found } = evidence;
  const all = [bootstrapId, sensorId, callerId, stationId];
  const parties = [["sensor", evidence.sensor], ["caller", evidence.caller]] as const;
  const peers = [...parties.flatMap(([, done]) => done.peers), ...evidence.station.peers];
  const others = peers.filter((peer) => !all.includes(peer));
  const answers = evidence.calls.flatMap((call) => answerOf(call)?.by ?? []);
  const wrong = answers.filter((by) => by !== stationId);
  const problems: [boolean, string][] = [
    [after !== stationId, `the station was ${stationId} and came back as ${after}`],
    [others.length > 0, `others were connected: ${listed(others)}`],
    ...parties.map(([name, { peers }]): [boolean, string] => [
      !peers.includes(stationId),
      `the ${name} is not connected to the station, but to ${listed(peers)}`,
    ]),
    ...found.map(({ name, peers }): [boolean, string] => [
      peers.length !== 1 || peers[0] !== stationId,
      `under ${name} not the station was found, but ${listed(peers)}`,
    ]),
    [wrong.length > 0, `others answered: ${listed(wrong)}`],
  ];
  return problems.filter(([bad]) => bad).map(([, problem]) => problem);
}

function listed(ids: readonly string[]): string {
  return [...new Set(ids)].join(", ") || "none";
}
