import assert from "node:assert/strict";
import { fromWire, toWire } from "../../actors/mod.ts";
import { PolicyError, type PolicyProblem } from "./policy_error.ts";

const problem: PolicyProblem = { severity: "error", place: "p.yaml:1:1", message: "is empty" };

Deno.test("PolicyError tells of the first problem and counts the others", () => {
  assert.equal(new PolicyError([problem]).message, "p.yaml:1:1: is empty");
  assert.equal(
    new PolicyError([problem, problem]).message,
    "p.yaml:1:1: is empty (and 1 more error)",
  );
  assert.match(new PolicyError([problem, problem, problem]).message, /\(and 2 more errors\)$/);
});

Deno.test("PolicyError arrives as one at another actor, with its problems", () => {
  const arrived = fromWire(structuredClone(toWire(new PolicyError([problem, problem]))));
  assert(arrived instanceof PolicyError);
  assert.deepEqual(arrived.problems, [problem, problem]);
  assert.equal(arrived.message, "p.yaml:1:1: is empty (and 1 more error)");
});

Deno.test("PolicyError is not made of data that is none of its own", () => {
  const odd = [[], [null], [{ severity: "fatal", place: "", message: "" }], "x", null];
  for (const problems of odd) {
    const arrived = fromWire({ code: "policy", message: "odd", data: { problems } });
    assert(!(arrived instanceof PolicyError));
    assert.equal(arrived.message, "odd");
  }
});
