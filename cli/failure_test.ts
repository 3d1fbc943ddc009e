import assert from "node:assert/strict";
import { CommanderError } from "commander";
import {
  ActorError,
  ConfigError,
  DeadlineError,
  IdentityError,
  NotJoinedError,
  PatternError,
  PolicyError,
  RefusedByPolicyError,
  SpawnError,
  ValueError,
} from "../mod.ts";
import { Failure, toFailure } from "./failure.ts";

Deno.test("toFailure() tells the kinds of failure apart by class and code", () => {
  const cases: readonly [Error, number, string][] = [
    [new CommanderError(1, "commander.unknownOption", "error: unknown option"), 2, "usage"],
    [new ConfigError("listen", "no port"), 2, "config"],
    [new PatternError("pattern", "a/**/b", "has ** within"), 2, "pattern"],
    [new ValueError("payload", "a Map", "send an object"), 2, "value"],
    [new SyntaxError("no address"), 2, "syntax"],
    [new IdentityError("corrupt", "node.key", "no key"), 1, "corrupt"],
    [new SpawnError("x did not start: Error: no"), 1, "spawn"],
    [new DeadlineError("too late"), 4, "deadline"],
    [new ActorError("not-allowed", "not on the list"), 3, "not-allowed"],
    [new ActorError("wrong-network", "of another network"), 3, "wrong-network"],
    [new NotJoinedError("another realm"), 3, "not-joined"],
    [new RefusedByPolicyError("in the clear"), 3, "refused-by-policy"],
    [policyError(1), 2, "policy"],
    [new ActorError("unreachable", "no answer"), 1, "unreachable"],
    [new ActorError("odd", "odd"), 1, "odd"],
    [new RangeError("bug"), 1, "failed"],
  ];
  for (const [error, exit, code] of cases) {
    const failure = toFailure(error);
    assert.deepEqual([failure.exit, failure.code], [exit, code], error.name);
    assert.equal(failure.cause, error);
  }
});

function policyError(errors: number): PolicyError {
  const problem = { severity: "error", place: "policies.yaml:1:1", message: "odd" } as const;
  return new PolicyError(Array(errors).fill(problem));
}

Deno.test("toFailure() says how to see all problems of a policy file, where there are more", () => {
  assert.equal(toFailure(policyError(1)).message, "policies.yaml:1:1: odd");
  assert.match(toFailure(policyError(2)).message, /and 1 more error\); `macula policy lint FILE`/);
});

Deno.test("toFailure() leaves a failure as it is, and takes what is no error", () => {
  const failure = new Failure(3, "wrong-id", "another node");
  assert.equal(toFailure(failure), failure);
  assert.deepEqual(toFailure("odd").message, "odd");
});

Deno.test("toFailure() says it in one line, and leaves out what only an author would miss", () => {
  const started = new SpawnError("transport/endpoint did not start: OddError: the port is in use");
  assert.equal(toFailure(started).message, "the port is in use");
  const parsed = new CommanderError(
    1,
    "x",
    "error: unknown option '--jsn'\n(Did you mean --json?)",
  );
  assert.equal(toFailure(parsed).message, "unknown option '--jsn' (Did you mean --json?)");
});
