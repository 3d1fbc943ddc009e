import assert from "node:assert/strict";
import {
  Bench,
  type Case,
  isMet,
  type Output,
  type Result,
  resultOf,
  UnavailableError,
} from "./harness.ts";

const CASE: Case = { name: "echo", system: "macula", unit: "µs", goal: { atMost: 400 } };
const EFFORT = { runs: 3, scale: 0.1, runTimeoutMs: 1_000 };

class Recorded implements Output {
  readonly results: Result[] = [];
  readonly remarks: string[] = [];
  result(result: Result): void {
    this.results.push(result);
  }
  remark(text: string): void {
    this.remarks.push(text);
  }
  progress(): void {}
}

Deno.test("resultOf() gives the median of the runs, their spread and the goal's verdict", () => {
  const runs = [[100, 200, 300], [500, 500, 900], [150, 350, 351]];
  const samples = runs.map((latencies) => ({ latencies, counts: { lost: 2 } }));
  assert.deepEqual(resultOf("transport", CASE, samples), {
    ...{ group: "transport", case: "echo", system: "macula", value: 350, unit: "µs" },
    ...{ p50: 350, p99: 351, runs: 3, spread: { least: 200, most: 500 } },
    ...{ goal: { atMost: 400 }, met: true, counts: { lost: 6 } },
  });
});

Deno.test("resultOf() has no latencies where none were taken", () => {
  const result = resultOf("pubsub", { name: "n", system: "nats", unit: "msg/s", note: "plain" }, [
    { value: 10 },
  ]);
  assert.deepEqual([result.p50, result.p99, result.value, result.note], [null, null, 10, "plain"]);
  assert(!("goal" in result) && !("met" in result) && !("counts" in result));
});

Deno.test("isMet() takes the goal itself as reached", () => {
  assert(isMet({ atLeast: 7 }, 7) && !isMet({ atLeast: 7 }, 6.9));
  assert(isMet({ atMost: 400 }, 400) && !isMet({ atMost: 400 }, 401));
});

Deno.test("Bench.case() does not count the first run", async () => {
  const output = new Recorded();
  const values = [1, 10, 20, 30];
  await new Bench("g", EFFORT, output).case(CASE, () => {
    return Promise.resolve({ value: values.shift() ?? NaN });
  });
  assert.deepEqual(output.results.map(({ value, runs }) => [value, runs]), [[20, 3]]);
});

Deno.test("Bench.case() has no result, and counts a failure, when one run finds a wrong outcome", async () => {
  const output = new Recorded();
  const bench = new Bench("g", EFFORT, output);
  let run = 0;
  await bench.case(CASE, () => {
    if (++run === 3) throw new Error("byte 7 came back as 8");
    return Promise.resolve({ value: 1 });
  });
  assert.deepEqual(output.results, []);
  assert.deepEqual(output.remarks, ["g: macula echo failed: Error: byte 7 came back as 8"]);
  assert.equal(bench.failures, 1);
});

Deno.test("Bench.case() gives up a run that stalls", async () => {
  const output = new Recorded();
  const bench = new Bench("g", { ...EFFORT, runTimeoutMs: 1 }, output);
  await bench.case(CASE, () => new Promise(() => {}));
  assert.deepEqual(output.remarks, [
    "g: macula echo failed: Error: a run was not done within 1 ms",
  ]);
});

Deno.test("Bench.system() leaves out what is unavailable, and closes what it opened", async () => {
  const output = new Recorded();
  const bench = new Bench("g", EFFORT, output);
  const open = () => Promise.reject(new UnavailableError("nats-server is not on PATH"));
  await bench.system("nats", open, () => Promise.resolve());
  assert.deepEqual(output.remarks, ["g: nats is left out: nats-server is not on PATH"]);
  assert.equal(bench.failures, 0);

  let closed = 0;
  const close = () => {
    closed++;
    return Promise.resolve();
  };
  const system = { [Symbol.asyncDispose]: close };
  await bench.system("x", () => Promise.resolve(system), () => Promise.reject(new Error("broke")));
  assert.equal(closed, 1);
  assert.equal(bench.failures, 1);
});

Deno.test("Bench.amount() scales the work and leaves some to do", () => {
  const bench = new Bench("g", EFFORT, new Recorded());
  assert.deepEqual([1_000, 14, 1].map((full) => bench.amount(full)), [100, 1, 1]);
});

Deno.test("Bench.case() returns the result that it prints, and nothing when the case has failed", async () => {
  const output = new Recorded();
  const bench = new Bench("g", EFFORT, output);
  const result = await bench.case(CASE, () => Promise.resolve({ value: 7 }));
  assert.deepEqual([result], output.results);
  assert.equal(await bench.case(CASE, () => Promise.reject(new Error("broke"))), undefined);
});

Deno.test("Bench.leaveOut() says what a system lacks, for cases that were to run", () => {
  const output = new Recorded();
  const bench = new Bench("g", EFFORT, output, new Set(["ask"]));
  bench.leaveOut("ask", "xstate", "its actors do not reply");
  bench.leaveOut("restart", "xstate", "nothing restarts an actor");
  assert.deepEqual(output.remarks, ["g: xstate has no ask: its actors do not reply"]);
  assert.equal(bench.failures, 0);
  assert(bench.wants("ask") && !bench.wants("restart"));
});
