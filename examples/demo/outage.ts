/**
 * Whether the station's outage cost what it had to and no more: one gap in the readings, and no
 * call but those that were made meanwhile.
 *
 * @module
 */
import { answerOf, type Call } from "./calls.ts";
import { BACK_MS, READING_PERIOD_MS, SERVED_AGAIN_MS, UNSAVED_MS } from "./constants.ts";
import type { Span } from "./numbers.ts";

/** The time between the kill of the station's process and its return. */
export interface Outage {
  /** When it was killed, and when the next process had subscribed, in ms since 1970. */
  readonly killedAt: number;
  readonly backAt: number;
  /** Readings published: right before the kill, once the process was dead, and at the return. */
  readonly publishedBefore: number;
  readonly publishedDead: number;
  readonly publishedBack: number;
}

/**
 * What is wrong with the gaps in one publisher's readings.
 *
 * @param gaps everything that is missing, ascending
 * @param metrics readings published at one time
 */
export function gapProblems(gaps: readonly Span[], outage: Outage, metrics: number): string[] {
  const [gap, ...others] = gaps;
  if (!gap) return ["nothing is missing, though the station was dead for a while"];
  if (others.length > 0) {
    return [`there are ${gaps.length} gaps, and one kill: ${gaps.map(inWords).join("; ")}`];
  }
  const during = (ms: number) => Math.ceil(ms / READING_PERIOD_MS) * metrics;
  const { publishedBefore, publishedDead, publishedBack } = outage;
  const around = `${publishedBefore} readings were published before the kill, ${publishedDead} ` +
    `when the process was dead and ${publishedBack} when it was back`;
  const { from, to } = gap;
  const problems: [boolean, string][] = [
    [from === 1, "the station came back without what it knew"],
    [from <= publishedBefore - during(UNSAVED_MS), "the gap begins too early"],
    [from > publishedDead + 1, "the gap begins after the kill"],
    [to < publishedDead, "the gap ends before the kill"],
    [to > publishedBack + during(BACK_MS), "the gap ends long after the return"],
  ];
  return problems.filter(([bad]) => bad)
    .map(([, problem]) => `${problem}: ${inWords(gap)} are missing; ${around}`);
}

/**
 * What is wrong with calls: any that failed but those that the outage was in the way of, and if
 * nobody answered soon after it. It ends for the caller with the first answer of the new process.
 */
export function callProblems(calls: readonly Call[], { killedAt, backAt }: Outage): string[] {
  const back = Math.min(
    ...calls.filter((call) => call.begun > killedAt && answerOf(call)).map(({ ended }) => ended),
  );
  const excused = ({ begun, ended }: Call) => ended >= killedAt && begun <= back;
  const unexcused = calls.flatMap((call) =>
    "error" in call.outcome && !excused(call) ? [call.outcome.error] : []
  );
  const problems: [boolean, string][] = [
    [calls.length === 0, "the summary was never called for"],
    [
      !calls.some((call) => call.ended < killedAt && answerOf(call)),
      "no call before the kill was answered",
    ],
    [back === Infinity, "no call after the kill was answered"],
    [
      back !== Infinity && back > backAt + SERVED_AGAIN_MS,
      `the first call was answered ${Math.round(back - backAt)} ms after the return`,
    ],
    [
      unexcused.length > 0,
      `${unexcused.length} calls failed outside of the outage: ${unexcused.join("; ")}`,
    ],
  ];
  return problems.filter(([bad]) => bad).map(([, problem]) => problem);
}

function inWords({ from, to }: Span): string {
  return from === to ? `${from}` : `${from} to ${to}`;
}
