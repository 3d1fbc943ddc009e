import assert from "node:assert/strict";
import { parseArguments, UsageError } from "./arguments.ts";

const KNOWN = ["transport", "pubsub", "rpc"];

Deno.test("parseArguments() takes groups and options in any order", () => {
  assert.deepEqual(parseArguments(["rpc", "--json", "transport", "--quick"], KNOWN), {
    groups: ["rpc", "transport"],
    json: true,
    quick: true,
    help: false,
  });
});

Deno.test("parseArguments() runs every group when none is named, and none of them twice", () => {
  assert.deepEqual(parseArguments([], KNOWN).groups, KNOWN);
  assert.deepEqual(parseArguments(["rpc", "rpc"], KNOWN).groups, ["rpc"]);
});

Deno.test("parseArguments() names the groups that there are when one does not exist", () => {
  assert.throws(
    () => parseArguments(["transport", "dht"], KNOWN),
    (error) =>
      error instanceof UsageError &&
      error.message === '"dht" is no group: there are transport, pubsub, rpc',
  );
});

Deno.test("parseArguments() refuses options that do not exist", () => {
  assert.throws(() => parseArguments(["--jsn"], KNOWN), UsageError);
});
