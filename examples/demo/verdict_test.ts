import assert from "node:assert/strict";
import { type Evidence, judge } from "./verdict.ts";

const ROOF = "iot/sensor/roof", HALL = "iot/sensor/hall";

/** What both sides say after a good run. */
function good(): Evidence {
  const metric = { unit: "", last: 1, min: 1, mean: 1, max: 1 };
  return {
    sensorId: "the sensor",
    stationId: "the station",
    sensor: {
      event: "done",
      peers: ["the station"],
      published: { [ROOF]: 100, [HALL]: 50 },
      rpc: { calls: 10, failed: 0, p50_us: 800, p99_us: 2_000 },
      errors: [],
    },
    station: {
      event: "done",
      peers: ["the sensor"],
      summary: {
        received: 150,
        duplicated: 0,
        outOfOrder: 0,
        metrics: { [ROOF]: { ...metric, count: 100 }, [HALL]: { ...metric, count: 50 } },
        gaps: [],
      },
      restarts: 1,
    },
  };
}

type Sensor = Partial<Evidence["sensor"]>;
type Summary = Partial<Evidence["station"]["summary"]>;

function withSensor(more: Sensor): Evidence {
  const evidence = good();
  return { ...evidence, sensor: { ...evidence.sensor, ...more } };
}

function withStation(more: Partial<Evidence["station"]>, summary: Summary = {}): Evidence {
  const { station, ...rest } = good();
  return { ...rest, station: { ...station, ...more, summary: { ...station.summary, ...summary } } };
}

function metricsWith(topic: string, count: number): Summary["metrics"] & object {
  const { metrics } = good().station.summary;
  return { ...metrics, [topic]: { unit: "", last: 1, min: 1, mean: 1, max: 1, count } };
}

Deno.test("judge() has nothing against a good run", () => {
  assert.deepEqual(judge(good()), {
    figures: {
      published: 150,
      received: 150,
      duplicated: 0,
      outOfOrder: 0,
      gaps: [],
      rpc: { calls: 10, failed: 0, p50_us: 800, p99_us: 2_000 },
      restarts: 1,
    },
    problems: [],
  });
});

Deno.test("judge() finds what was cut off at the end, which leaves no gap behind it", () => {
  const evidence = withStation({}, { received: 147, metrics: metricsWith(HALL, 47) });
  const { figures, problems } = judge(evidence);
  assert.deepEqual(figures.gaps, [{ topic: HALL, from: 48, to: 50 }]);
  assert.deepEqual(problems, ["3 readings never arrived: iot/sensor/hall 48 to 50"]);
});

Deno.test("judge() tells a gap from what was cut off", () => {
  const gaps = [{ topic: HALL, from: 7, to: 7 }];
  const evidence = withStation({}, { received: 148, metrics: metricsWith(HALL, 48), gaps });
  assert.deepEqual(judge(evidence).figures.gaps, [...gaps, { topic: HALL, from: 50, to: 50 }]);
});

Deno.test("judge() finds a topic of which nothing came", () => {
  const { [HALL]: _, ...metrics } = good().station.summary.metrics;
  const { figures } = judge(withStation({}, { received: 100, metrics }));
  assert.deepEqual(figures.gaps, [{ topic: HALL, from: 1, to: 50 }]);
});

const failed = { calls: 10, failed: 2, p50_us: 800, p99_us: 900 };
const none = { calls: 0, failed: 0, p50_us: null, p99_us: null };
const bad: readonly (readonly [string, Evidence, RegExp])[] = [
  ["a reading that came twice", withStation({}, { duplicated: 1 }), /more than once/],
  ["a reading out of order", withStation({}, { outOfOrder: 1 }), /out of order/],
  ["a failed call", withSensor({ rpc: failed, errors: ["too late"] }), /2 of 10.*too late/],
  ["a run without calls", withSensor({ rpc: none }), /never called/],
  ["a run without readings", withSensor({ published: {} }), /nothing was published/],
  ["a crash without a restart", withStation({ restarts: 0 }), /restarted 0 times/],
  ["a restart too many", withStation({ restarts: 2 }), /restarted 2 times/],
  ["a sensor without a peer", withSensor({ peers: [] }), /sensor's peers were: none/],
  [
    "a third node",
    withStation({ peers: ["the sensor", "a stranger"] }),
    /station's peers were: the sensor, a stranger/,
  ],
  [
    "a reading of nobody's",
    withStation({}, { received: 151, metrics: metricsWith("iot/sensor/attic", 1) }),
    /nobody published: iot\/sensor\/attic/,
  ],
  ["a count that does not add up", withStation({}, { received: 151 }), /150 .* and 151 received/],
];

for (const [what, evidence, words] of bad) {
  Deno.test(`judge() finds ${what}`, () => {
    const { problems } = judge(evidence);
    assert(problems.some((problem) => words.test(problem)), problems.join("\n"));
  });
}
