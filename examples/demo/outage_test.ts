import assert from "node:assert/strict";
import type { Call } from "./calls.ts";
import { callProblems, gapProblems, type Outage } from "./outage.ts";

/** Ten metrics ten times a second: killed after 5 s and back after another, by its own account. */
const OUTAGE: Outage = {
  ...{ killedAt: 5_000, backAt: 6_000 },
  ...{ publishedBefore: 500, publishedDead: 502, publishedBack: 600 },
};

const METRICS = 10;

const gaps: readonly (readonly [string, [number, number][], RegExp | undefined])[] = [
  ["begins with what was not saved", [[481, 603]], undefined],
  ["is no longer than the process was dead", [[503, 600]], undefined],
  ["ends when the sensor knows of the return", [[495, 640]], undefined],
  ["there is none", [], /nothing is missing/],
  ["there are two of them", [[480, 600], [604, 604]], /2 gaps, and one kill: .*; 604/],
  ["is of the time before", [[300, 320]], /begins too early: 300 to 320/],
  ["begins long before the kill", [[390, 600]], /begins too early/],
  ["is of the time after", [[700, 710]], /begins after the kill/],
  ["ends before the process was dead", [[480, 490]], /ends before the kill/],
  ["ends long after the return", [[495, 701]], /ends long after the return/],
  ["goes back to the beginning: the state is lost", [[1, 600]], /came back without what it knew/],
];

for (const [what, spans, words] of gaps) {
  Deno.test(`gapProblems() ${words ? "finds that the gap" : "accepts a gap that"} ${what}`, () => {
    const problems = gapProblems(spans.map(([from, to]) => ({ from, to })), OUTAGE, METRICS);
    if (words) assert.match(problems.join("\n"), words);
    else assert.deepEqual(problems, []);
  });
}

function answered(begun: number, ended = begun + 5): Call {
  return { begun, ended, outcome: { by: "the station", received: 1, tookMs: ended - begun } };
}

function failed(begun: number, ended: number): Call {
  return { begun, ended, outcome: { error: "too late" } };
}

const calls: readonly (readonly [string, Call[], RegExp | undefined])[] = [
  ["every call is answered", [answered(4_000), answered(6_100)], undefined],
  [
    "those fail that meet the outage",
    [
      answered(4_000),
      failed(4_999, 5_001),
      failed(5_500, 7_500),
      failed(6_200, 6_300),
      answered(6_500),
    ],
    undefined,
  ],
  [
    "one fails before the kill",
    [answered(4_000), failed(4_100, 4_200), answered(6_100)],
    /1 calls/,
  ],
  [
    "one fails after the first answer",
    [answered(4_000), answered(6_100), failed(6_200, 8_200)],
    /1 calls failed outside of the outage: too late/,
  ],
  ["none is answered before the kill", [failed(5_500, 5_600), answered(6_100)], /no call before/],
  ["none is answered after it", [answered(4_000), failed(5_500, 5_600)], /no call after/],
  ["the first answer after it is late", [answered(4_000), answered(9_100)], /3105 ms after/],
  ["there is none", [], /never called/],
];

for (const [what, made, words] of calls) {
  Deno.test(`callProblems() ${words ? "finds" : "accepts"} that ${what}`, () => {
    const problems = callProblems(made, OUTAGE);
    if (words) assert.match(problems.join("\n"), words);
    else assert.deepEqual(problems, []);
  });
}
