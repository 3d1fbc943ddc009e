import assert from "node:assert/strict";
import { defineActor } from "./definition.ts";
import { placementProblem, type SpawnOptions } from "./spawn_options.ts";

const definition = defineActor(import.meta, () => ({}));
const problem = (options: unknown) => placementProblem(definition, options as SpawnOptions);

Deno.test("spawn options that mean something have no problem", () => {
  const good: SpawnOptions<unknown[]>[] = [
    { args: [] },
    { args: [1, 2], name: "a.b_c-D9", placement: "here" },
    { args: [], restart: "permanent", shutdownMs: 0, mailbox: { bound: 1, overflow: "wait" } },
    { args: [], name: "x".repeat(128), shard: "dht" },
    { args: [], name: "counter", persist: true },
    { args: [], persist: false },
  ];
  for (const options of good) assert.equal(problem(options), undefined);
});

const BAD: readonly (readonly [object, RegExp])[] = [
  [{ placement: "moon" }, /^RangeError: placement is "moon": give one of shard, here, worker/],
  [{ name: "" }, /^RangeError: name is "": letters, digits/],
  [{ name: "../x" }, /^RangeError: name is "\.\.\/x"/],
  [{ name: "a/b" }, /^RangeError: name is "a\/b"/],
  [{ name: "a\n" }, /^RangeError: name is "a\n"/],
  [{ name: "x".repeat(129) }, /^RangeError: name has 129 characters: 128 at most/],
  [{ restart: "always" }, /^RangeError: restart is "always": give one of permanent, transient/],
  [{ shutdownMs: -1 }, /^RangeError: shutdownMs is -1: give 0 to 3600000 ms/],
  [{ shutdownMs: NaN }, /^RangeError: shutdownMs is NaN/],
  [{ shutdownMs: Infinity }, /^RangeError: shutdownMs is Infinity/],
  [{ mailbox: { bound: 0 } }, /^RangeError: mailbox.bound is 0: give a whole number of at least 1/],
  [
    { mailbox: { overflow: "grow" } },
    /^RangeError: mailbox.overflow is "grow": give one of reject/,
  ],
  [{ persist: true }, /^TypeError: an actor that persists needs a name: spawn it with \{ name/],
  [{ persist: "yes", name: "x" }, /^TypeError: persist is string: give true or false/],
  [{ args: 5 }, /^TypeError: args is number: give the factory's arguments as an array/],
];

for (const [options, words] of BAD) {
  Deno.test(`spawn refuses ${JSON.stringify(options).slice(0, 60)}, and says what to give`, () => {
    assert.match(String(problem(options)), words);
  });
}

Deno.test("spawn refuses what defineActor did not make", () => {
  for (const no of [undefined, null, {}, () => ({}), { url: 1, factory() {} }]) {
    assert.match(String(placementProblem(no, { args: [] })), /^TypeError: spawn got no actor/);
  }
});

Deno.test("defineActor refuses a factory that is no function", () => {
  assert.throws(() => defineActor(import.meta, {} as never), /defineActor got object as factory/);
});
