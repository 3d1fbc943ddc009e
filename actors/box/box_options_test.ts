import assert from "node:assert/strict";
import { boxProblem, resolveBoxOptions } from "./box_options.ts";

Deno.test("boxProblem() takes every option within its bounds", () => {
  for (
    const options of [
      undefined,
      {},
      { permissions: "none" },
      { permissions: "inherit" },
      { permissions: { read: ["a", new URL("file:///b")], net: true, env: "inherit", run: false } },
      { heapMb: 16, memoryMb: 17, unansweredMs: 100, root: "agents" },
      { heapMb: 16_384, memoryMb: 65_536, unansweredMs: 3_600_000, root: new URL("file:///a/") },
      { root: "file:///a/" },
    ]
  ) assert.equal(boxProblem("process", options), undefined);
  assert.equal(boxProblem("worker", { permissions: { read: true } }), undefined);
  assert.equal(boxProblem("shard", undefined), undefined);
});

Deno.test("boxProblem() says what is wrong, with which value, and what to give instead", () => {
  const cases: [placement: string, options: unknown, words: RegExp][] = [
    ["shard", {}, /box is given for placement "shard"/],
    ["process", null, /box is null: give an object/],
    ["process", "none", /box is string/],
    ["process", { heap: 5 }, /unknown option "heap": there are permissions, reach, heapMb/],
    ["process", { permissions: "all" }, /permissions is "all": give "none", "inherit"/],
    ["process", { permissions: null }, /permissions is null/],
    ["process", { permissions: { disk: true } }, /unknown "disk": there are read/],
    ["process", { permissions: { read: 5 } }, /permissions.read is number/],
    ["process", { permissions: { read: [5] } }, /permissions.read is an array/],
    ["process", { permissions: { read: ["a,/"] } }, /read has an entry with a comma/],
    ["process", { heapMb: 15 }, /heapMb is 15: give a whole number, 16 to 16384 MiB/],
    ["process", { heapMb: 64.5 }, /heapMb is 64.5/],
    ["process", { heapMb: "64" }, /heapMb is string/],
    ["process", { heapMb: NaN }, /heapMb is NaN/],
    ["process", { memoryMb: 64 }, /memoryMb is 64: give a whole number, 65 to/],
    ["process", { heapMb: 100, memoryMb: 100 }, /memoryMb is 100: give a whole number, 101 to/],
    ["process", { unansweredMs: 99 }, /unansweredMs is 99: give a whole number, 100 to 3600000 ms/],
    ["process", { root: "" }, /root is empty/],
    ["process", { root: 5 }, /root is 5/],
    ["process", { root: new URL("https://a/") }, /root is https:/],
    ["worker", { heapMb: 64 }, /heapMb is given for a worker/],
    ["worker", { root: "x" }, /root is given for a worker/],
    ["process", { reach: "bus" }, /reach is string: give a list of bus, names, groups, signals/],
    ["process", { reach: ["moon"] }, /reach has "moon": there are bus, names, groups, signals/],
  ];
  for (const [placement, options, words] of cases) {
    assert.match(boxProblem(placement, options)?.message ?? "no problem", words);
  }
});

Deno.test("resolveBoxOptions() gives a process nothing and a worker everything, unless named", () => {
  const process = resolveBoxOptions("process", {});
  assert.deepEqual(process, {
    ...{ permissions: "none", reach: [], heapMb: 64, memoryMb: 320, unansweredMs: 800 },
    root: undefined,
  });
  assert.equal(resolveBoxOptions("worker", {}).permissions, "inherit");
  assert.deepEqual(resolveBoxOptions("worker", {}).reach, ["bus", "names", "groups", "signals"]);
  assert.equal(resolveBoxOptions("process", { heapMb: 128 }).memoryMb, 384);
});
