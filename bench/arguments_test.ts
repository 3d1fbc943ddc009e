import assert from "node:assert/strict";
import { parseArguments, UsageError } from "./arguments.ts";

const KNOWN = [
  { name: "transport", cases: ["handshake", "one-way"] },
  { name: "pubsub", cases: ["pubsub-1-1"] },
  { name: "rpc", cases: ["call"] },
];
const all = (name: string) => ({ name, only: undefined });

Deno.test("parseArguments() takes groups and options in any order", () => {
  assert.deepEqual(parseArguments(["rpc", "--json", "transport", "--quick"], KNOWN), {
    groups: [all("rpc"), all("transport")],
    json: true,
    quick: true,
    help: false,
  });
});

Deno.test("parseArguments() runs every group when none is named, and none of them twice", () => {
  assert.deepEqual(parseArguments([], KNOWN).groups, KNOWN.map(({ name }) => all(name)));
  assert.deepEqual(parseArguments(["rpc", "rpc"], KNOWN).groups, [all("rpc")]);
});

Deno.test("parseArguments() names the groups that there are when one does not exist", () => {
  assert.throws(
    () => parseArguments(["transport", "dht"], KNOWN),
    (error) =>
      error instanceof UsageError &&
      error.message ===
        '"dht" is no group and no case: there are the groups transport, pubsub, rpc, and the cases ' +
          "handshake, one-way, pubsub-1-1, call",
  );
});

Deno.test("parseArguments() runs single cases of a group, and all of it when it is named as well", () => {
  assert.deepEqual(parseArguments(["one-way", "call", "handshake"], KNOWN).groups, [
    { name: "transport", only: new Set(["one-way", "handshake"]) },
    { name: "rpc", only: new Set(["call"]) },
  ]);
  assert.deepEqual(parseArguments(["call", "rpc"], KNOWN).groups, [all("rpc")]);
  assert.deepEqual(parseArguments(["rpc", "call"], KNOWN).groups, [all("rpc")]);
});

Deno.test("parseArguments() refuses options that do not exist", () => {
  assert.throws(() => parseArguments(["--jsn"], KNOWN), UsageError);
});
