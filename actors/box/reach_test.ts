import assert from "node:assert/strict";
import { HandlerError } from "../mod.ts";
import { EVERY_REACH, reachProblem } from "./reach.ts";
import { Scene } from "./testing/scene.ts";

/** What an agent may try that is more than what it was given, and what it needs for that. */
const DEEDS: readonly (readonly [needed: string, deed: string])[] = [
  ["bus", `await ctx.publish("a/b", 1)`],
  ["bus", `await ctx.subscribe("a/b", "attempt")`],
  ["bus", `await ctx.serve("a/b", "attempt")`],
  ["bus", `await ctx.call("a/b")`],
  ["names", `await ctx.lookup("witness")`],
  ["names", `ctx.named("witness").tell.ping()`],
  ["groups", `await ctx.join("group")`],
  ["groups", `await ctx.members("group")`],
  ["groups", `ctx.watchGroup("group", () => {})`],
  ["signals", `ctx.exit(given[0], "killed")`],
  ["signals", `ctx.link(given[0])`],
];

Deno.test("a process reaches nothing of its node but the refs that it was given", async () => {
  await using scene = await Scene.make();
  const ref = await scene.spawn(
    `const deeds = [${DEEDS.map(([, deed]) => `async () => { ${deed}; }`).join(", ")}];
    const said = [];
    for (const deed of deeds) said.push(await deed().then(() => "done", (e) => e.code + e.message));
    return said;`,
    "",
    { reach: [] },
  );
  const said = await ref.ask.attempt(scene.witness) as string[];
  for (const [at, [needed, deed]] of DEEDS.entries()) {
    assert.match(said[at]!, /^out-of-reach/, deed);
    assert.match(said[at]!, new RegExp(`reach: \\["${needed}"\\]`), deed);
  }
  assert.equal(await scene.witness.ask.ping(), "pong");
});

Deno.test("a process may use what of its node it was given to reach", async () => {
  await using scene = await Scene.make();
  const ref = await scene.spawn(`return await ctx.lookup("nobody") ?? "none";`, "", {
    reach: ["names"],
  });
  assert.equal(await ref.ask.attempt(), "none");
  const other = await scene.spawn(`await ctx.join("group");`, "", { reach: ["names"] });
  await assert.rejects(other.ask.attempt(), (error) => {
    return error instanceof HandlerError && /ctx\.join is out of reach/.test(error.message);
  });
});

Deno.test("reachProblem() finds none for trusted code, nor for what needs no reach", () => {
  for (const deed of ["publish", "lookup", "join", "exit"]) {
    assert.equal(reachProblem(deed, EVERY_REACH), undefined);
    assert.match(String(reachProblem(deed, [])), /out of reach/);
  }
  for (const deed of ["stop", "save", "stash", "trap", "constructor"]) {
    assert.equal(reachProblem(deed, []), undefined);
  }
});
