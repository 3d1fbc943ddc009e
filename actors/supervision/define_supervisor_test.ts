import assert from "node:assert/strict";
import type { ActorContext } from "../context.ts";
import { defineActor } from "../definition.ts";
import { ActorError } from "../errors.ts";
import type { AnyRef } from "../ref.ts";
import {
  child,
  type ChildOptions,
  defineSupervisor,
  type SupervisedChild,
  type SupervisorHandlers,
} from "./define_supervisor.ts";
import { DuplicateIdError } from "./duplicate_id_error.ts";
import type { Strategy, SupervisionOptions } from "./policy.ts";

const worker = defineActor(import.meta, (_ctx, _start: number) => ({}));
const idle = defineActor(import.meta, () => ({}));
const NOBODY = {} as AnyRef;

/** The part of a context that a supervisor uses; notes what it is told. */
class StubContext {
  readonly told: unknown[] = [];
  readonly refused: unknown[] = [];
  readonly living: { id: string; path: string; ref: AnyRef | undefined; restart: "transient" }[] =
    [];
  /** The id of a child whose start fails. */
  broken = "";
  readonly replies: unknown[] = [];

  supervise(options: SupervisionOptions): void {
    this.told.push(options);
  }

  async spawn(_definition: unknown, options: ChildOptions): Promise<AnyRef> {
    this.told.push(`spawn ${options.id}`);
    await Promise.resolve();
    if (options.id === this.broken) throw new ActorError("spawn", "its port is in use");
    this.told.push(`${options.id} is ready`);
    const path = `tree/${options.name ?? options.label}`;
    this.living.push({ id: options.id, path, ref: NOBODY, restart: "transient" });
    return NOBODY;
  }

  children(): StubContext["living"] {
    return this.living;
  }

  stopChild(id: string): Promise<void> {
    this.told.push(`stop ${id}`);
    return id === "stuck" ? Promise.reject(new Error("stuck")) : Promise.resolve();
  }

  refuse(error: unknown): void {
    this.refused.push(error);
  }

  deferReply(): unknown {
    return {
      ok: () => this.replies.push("ok"),
      fail: (error: Error) => this.replies.push(error.message),
    };
  }

  start(definition: ReturnType<typeof defineSupervisor>): Promise<SupervisorHandlers> {
    const context = this as unknown as ActorContext;
    return Promise.resolve(definition.factory(context as never));
  }
}

Deno.test("defineSupervisor() starts its children in order, each ready before the next", async () => {
  const ctx = new StubContext();
  await ctx.start(defineSupervisor(import.meta, {
    ...{ strategy: "rest_for_one", intensity: 7, withinMs: 100 },
    children: [child(idle, { id: "store" }), child(worker, { id: "server", args: [8080] })],
  }));
  assert.deepEqual(ctx.told, [
    { strategy: "rest_for_one", intensity: 7, withinMs: 100 },
    ...["spawn store", "store is ready", "spawn server", "server is ready"],
  ]);
});

Deno.test("A supervisor whose child does not start, does not start, and says which child and why", async () => {
  const ctx = new StubContext();
  ctx.broken = "server";
  const supervisor = defineSupervisor(import.meta, {
    children: ["store", "server", "cache"].map((id) => child(idle, { id })),
  });
  await assert.rejects(ctx.start(supervisor), {
    name: "SpawnError",
    message: 'child "server" did not start: ActorError: its port is in use',
    data: { id: "server" },
  });
  assert(!ctx.told.includes("spawn cache"));
});

Deno.test("A supervisor's children() says id, path and ref of each, in the order of their start", async () => {
  const ctx = new StubContext();
  const handlers = await ctx.start(defineSupervisor(import.meta, {
    children: [child(idle, { id: "a" }), child(idle, { id: "b", name: "bee" })],
  }));
  ctx.living.push({ id: "c", path: "tree/c", ref: undefined, restart: "transient" });
  assert.deepEqual(handlers.children(), [
    { id: "a", path: "tree/a", ref: NOBODY },
    { id: "b", path: "tree/bee", ref: NOBODY },
    { id: "c", path: "tree/c", ref: null },
  ]);
});

Deno.test("A supervisor's stopChild() replies when the child has ended, and holds up nothing", async () => {
  const ctx = new StubContext();
  const handlers = await ctx.start(defineSupervisor(import.meta, {
    children: ["a", "stuck"].map((id) => child(idle, { id })),
  }));
  assert.equal(handlers.stopChild("a"), undefined);
  assert.equal(handlers.stopChild("stuck"), undefined);
  assert.deepEqual(ctx.told.slice(-2), ["stop a", "stop stuck"]);
  await Promise.resolve();
  await Promise.resolve();
  assert.deepEqual(ctx.replies, ["ok", "stuck"]);
});

Deno.test("A supervisor's stopChild() refuses an id that no child has, and lists those there are", async () => {
  const ctx = new StubContext();
  const handlers = await ctx.start(defineSupervisor(import.meta, {
    children: ["a", "b"].map((id) => child(idle, { id })),
  }));
  handlers.stopChild("constructor");
  assert.match(
    String(ctx.refused[0]),
    /RangeError: there is no child "constructor": there are a, b/,
  );
  assert(!ctx.told.includes("stop constructor"));
});

Deno.test("defineSupervisor() refuses two children with one id, and says which", () => {
  const children = ["a", "b", "a"].map((id) => child(idle, { id }));
  assert.throws(() => defineSupervisor(import.meta, { children }), (error) => {
    assert(error instanceof DuplicateIdError);
    assert.equal(error.code, "duplicate-id");
    assert.deepEqual(error.data, { id: "a" });
    assert.match(error.message, /^children\[2\] has the id "a", as an earlier one has/);
    return true;
  });
});

const UNSOUND: readonly (readonly [string, unknown, RegExp])[] = [
  ["no list of children", {}, /^children is undefined: give an array of child\(/],
  [
    "a child without an id",
    { children: [child(idle, {} as never)] },
    /^children\[0\] has the id undefined/,
  ],
  ["an empty id", { children: [child(idle, { id: "" })] }, /^children\[0\] has the id ""/],
  ["an id that is too long", { children: [child(idle, { id: "x".repeat(129) })] }, /1 to 128/],
  ["an id that is no string", { children: [child(idle, { id: 7 as never })] }, /the id number/],
  ["a child that is null", { children: [null] }, /^children\[0\] has the id undefined/],
  [
    "a child that is no actor",
    { children: [child({} as typeof idle, { id: "a" })] },
    /^child "a": spawn got no actor definition/,
  ],
  [
    "unsound options of a child",
    { children: [child(idle, { id: "a", shutdownMs: -1 })] },
    /^child "a": shutdownMs is -1/,
  ],
  ["an unknown strategy", { strategy: "all" as Strategy, children: [] }, /^strategy is "all"/],
  ["a bad intensity", { intensity: 0.5, children: [] }, /^intensity is 0.5/],
  ["a bad window", { withinMs: NaN, children: [] }, /^withinMs is NaN/],
  [
    "a bad backoff",
    { backoff: { minMs: 5, maxMs: -1 }, children: [] },
    /^backoff.maxMs is -1: give a time/,
  ],
];

for (const [what, spec, message] of UNSOUND) {
  Deno.test(`defineSupervisor() refuses ${what}, and says what to do`, () => {
    type Spec = { children: SupervisedChild[] };
    assert.throws(() => defineSupervisor(import.meta, spec as Spec), { message });
  });
}
