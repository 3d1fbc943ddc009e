import assert from "node:assert/strict";
import { type Evidence, judge } from "./verdict.ts";

const ROOF = "iot/sensor/roof", HALL = "iot/sensor/hall";
const FOUND = { event: "found", peers: ["the station"] } as const;

/** What all sides say after a good run: two metrics, of which 41 to 64 were missed. */
function good(): Evidence {
  const metric = { unit: "", count: 38, last: 1, min: 1, mean: 1, max: 1 };
  return {
    bootstrapId: "the bootstrap",
    sensorId: "the sensor",
    callerId: "the caller",
    stationIds: ["the station", "the station"],
    found: [{ ...FOUND, name: "topic/iot/sensor" }, { ...FOUND, name: "proc/lob/stats/summary" }],
    outage: {
      ...{ killedAt: 2_100, backAt: 3_000 },
      ...{ publishedBefore: 42, publishedDead: 42, publishedBack: 60 },
    },
    calls: [
      { begun: 1_000, ended: 1_001, outcome: { by: "the station", received: 20, tookMs: 0.8 } },
      { begun: 2_500, ended: 3_100, outcome: { error: "disconnected" } },
      { begun: 3_500, ended: 3_502, outcome: { by: "the station", received: 48, tookMs: 2 } },
    ],
    sensor: {
      event: "done",
      peers: ["the bootstrap", "the station", "the caller"],
      published: { [ROOF]: 50, [HALL]: 50 },
    },
    station: {
      event: "done",
      peers: ["the bootstrap", "the caller", "the sensor"],
      summary: {
        ...{ received: 76, duplicated: 0, outOfOrder: 0 },
        metrics: { [ROOF]: metric, [HALL]: metric },
        publishers: [{
          ...{ publisher: "the sensor", incarnation: 1, highest: 100 },
          missing: [{ from: 41, to: 64 }],
        }],
      },
      restarts: 1,
    },
    caller: { event: "done", peers: ["the bootstrap", "the station"] },
    policies: {},
  };
}

type Summary = Evidence["station"]["summary"];
type Publisher = Summary["publishers"][number];

function withStation(more: Partial<Evidence["station"]>, summary: Partial<Summary> = {}): Evidence {
  const { station, ...rest } = good();
  return { ...rest, station: { ...station, ...more, summary: { ...station.summary, ...summary } } };
}

/** What the station has of the sensor's readings, and how many they are. */
function withReadings(more: Partial<Publisher>, received: number): Evidence {
  const [own] = good().station.summary.publishers;
  return withStation({}, { received, publishers: [{ ...own as Publisher, ...more }] });
}

Deno.test("judge() has nothing against a good run", () => {
  assert.deepEqual(judge(good()), {
    figures: {
      ...{ published: 100, received: 76, duplicated: 0, outOfOrder: 0, missedWhileDown: 24 },
      gaps: [{ publisher: "the sensor", from: 41, to: 64, missed: 24 }],
      restarts: 1,
      rpc: { calls: 3, failed: 1, p50_us: 800, p99_us: 2_000 },
      policies: {},
    },
    problems: [],
  });
});

Deno.test("judge() finds what was cut off at the end, which leaves no gap behind it", () => {
  const { figures, problems } = judge(withReadings({ highest: 97 }, 73));
  assert.deepEqual(figures.gaps.map(({ from, to }) => [from, to]), [[41, 64], [98, 100]]);
  assert.deepEqual(problems, ["there are 2 gaps, and one kill: 41 to 64; 98 to 100"]);
});

Deno.test("judge() finds that nothing came at all", () => {
  const { figures, problems } = judge(withStation({}, { received: 0, publishers: [] }));
  assert.deepEqual(figures.gaps, [{ publisher: "the sensor", from: 1, to: 100, missed: 100 }]);
  assert.match(problems.join("\n"), /without what it knew/);
});

const sensor = good().station.summary.publishers[0] as Publisher;
const strange = { ...sensor, publisher: "a stranger" };
const lost = { begun: 4_000, ended: 4_500, outcome: { error: "too late" } };
const wrong = { begun: 4_000, ended: 4_001, outcome: { by: "a stranger", received: 9, tookMs: 1 } };
const bad: readonly (readonly [string, Evidence, RegExp])[] = [
  ["a reading that came twice", withStation({}, { duplicated: 1 }), /more than once/],
  ["a reading out of order", withStation({}, { outOfOrder: 1 }), /out of order/],
  [
    "a second gap",
    withReadings({ missing: [...sensor.missing, { from: 80, to: 80 }] }, 75),
    /2 gaps/,
  ],
  ["a gap elsewhere", withReadings({ missing: [{ from: 80, to: 82 }] }, 97), /after the kill/],
  ["a run without a gap", withReadings({ missing: [] }, 100), /nothing is missing/],
  ["state that is lost", withReadings({ missing: [{ from: 1, to: 64 }] }, 36), /what it knew/],
  [
    "a call that failed outside of the outage",
    { ...good(), calls: [...good().calls, lost] },
    /1 calls failed .*too late/,
  ],
  [
    "an answer of another node",
    { ...good(), calls: [...good().calls, wrong] },
    /others answered: a stranger/,
  ],
  ["a run without calls", { ...good(), calls: [] }, /never called/],
  [
    "a run without readings",
    { ...good(), sensor: { ...good().sensor, published: {} } },
    /nothing was published/,
  ],
  ["a crash without a restart", withStation({ restarts: 0 }), /restarted 0 times/],
  ["a restart too many", withStation({ restarts: 2 }), /restarted 2 times/],
  ["another id", { ...good(), stationIds: ["the station", "another"] }, /came back as another/],
  [
    "a sensor without the station",
    { ...good(), sensor: { ...good().sensor, peers: [] } },
    /the sensor is not connected to the station, but to none/,
  ],
  ["a caller without the station", {
    ...good(),
    caller: { event: "done", peers: ["the bootstrap"] },
  }, /the caller is not connected/],
  [
    "a fifth node",
    withStation({ peers: ["the sensor", "a stranger"] }),
    /others were connected: a stranger/,
  ],
  ["a provider that is not the station", {
    ...good(),
    found: [{ ...FOUND, name: "topic/iot/sensor", peers: ["a stranger"] }],
  }, /under topic\/iot\/sensor not the station/],
  [
    "readings of a stranger",
    withStation({}, { publishers: [sensor, strange] }),
    /others published: a stranger/,
  ],
  [
    "a sensor that began anew",
    withStation({}, { publishers: [sensor, { ...sensor, incarnation: 2 }] }),
    /began anew/,
  ],
  [
    "a count that does not add up",
    withStation({}, { received: 77 }),
    /100 .*, 24 are missing, and 77/,
  ],
];

for (const [what, evidence, words] of bad) {
  Deno.test(`judge() finds ${what}`, () => {
    const { problems } = judge(evidence);
    assert(problems.some((problem) => words.test(problem)), problems.join("\n"));
  });
}
