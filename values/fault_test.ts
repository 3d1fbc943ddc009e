import assert from "node:assert/strict";
import fc from "fast-check";
import { anyItem } from "./arbitraries.ts";
import { copyValue, REF, ValueError } from "./mod.ts";
import { findFault, MAX_BIGINT, MIN_BIGINT } from "./fault.ts";

class Thermostat {
  target = 20;
}

const sparse = [1, , 3]; // deno-lint-ignore-line no-sparse-arrays -- the hole is what is tested
const cycle: { self: unknown[] } = { self: [] };
cycle.self.push(cycle);

/** What a sender may send by mistake, with what the error calls it. */
const REFUSED: [value: unknown, found: string][] = [
  [new Map(), "a Map"],
  [new Set(), "a Set"],
  [Promise.resolve(), "a Promise"],
  [new TypeError("x"), "a TypeError"],
  [new Error("x"), "an Error"],
  [/x/, "a RegExp"],
  [new Thermostat(), "a Thermostat"],
  [Object.create({ a: 1 }), "an object with a prototype of its own"],
  [class {}, "a function"],
  [() => {}, "a function"],
  [Symbol("x"), "a symbol"],
  [undefined, "undefined"],
  [new Date(NaN), "an invalid Date"],
  [Object.create(Date.prototype), "a Date"],
  [new Float32Array(1), "a Float32Array"],
  [new Uint16Array(1), "a Uint16Array"],
  [new DataView(new ArrayBuffer(1)), "a DataView"],
  [new ArrayBuffer(1), "an ArrayBuffer"],
  [new (class Packet extends Uint8Array {})(1), "a Packet"],
  [new (class List extends Array {})(), "a List"],
  [Object.create(Uint8Array.prototype), "a Uint8Array"],
  [new Number(1), "a Number"],
  ["\ud800", "a string with a lone surrogate"],
  [MAX_BIGINT + 1n, "a bigint of more than 65536 bytes"],
  [MIN_BIGINT - 1n, "a bigint of more than 65536 bytes"],
  [{ [Symbol.for("x")]: 1 }, 'an object with the symbol key "x"'],
];

Deno.test("findFault() names what is refused, and where it is", () => {
  for (const [value, found] of REFUSED) {
    const message = [{ list: [null, value] }];
    const fault = findFault(message, "args", true);
    assert(fault instanceof ValueError);
    assert.equal(fault.found, found);
    assert.equal(fault.path, "args[0].list[1]");
    assert.match(fault.message, /: \S+/);
    assert.throws(() => copyValue(message, "args"), { name: "ValueError", found });
  }
});

Deno.test("findFault() names what is wrong with a container", () => {
  const matrix: [value: unknown, path: string, found: string][] = [
    [sparse, "v[1]", "a hole in an array"],
    [cycle, "v.self[0]", "a cycle, back to v"],
    [{ a: cycle }, "v.a.self[0]", "a cycle, back to v.a"],
    [
      {
        get a(): number {
          throw new Error("no");
        },
      },
      "v.a",
      "a getter that throws",
    ],
    [JSON.parse('{"__proto__": 1}'), "v.__proto__", "a key that names the prototype"],
    [{ "\0ref": 1 }, 'v["\\u0000ref"]', "a key that begins with U+0000"],
    [{ "\udc00": 1 }, 'v["\\udc00"]', "a key with a lone surrogate"],
  ];
  for (const [value, path, found] of matrix) {
    const fault = findFault(value, "v", true);
    assert.equal(fault?.path, path);
    assert.equal(fault?.found, found);
    assert.throws(() => copyValue(value, "v"), { name: "ValueError", path, found });
  }
});

Deno.test("findFault() finds no fault in values of the domain", () => {
  fc.assert(fc.property(anyItem, (item) => {
    assert.equal(findFault(item, "value", true), undefined);
  }));
  assert.equal(findFault(undefined, "value", true), undefined);
  const twice = { a: 1 };
  assert.equal(findFault([twice, twice], "value", true), undefined, "no cycle");
  assert.equal(findFault([MAX_BIGINT, MIN_BIGINT], "value", true), undefined);
});

Deno.test("findFault() refuses refs only where they cannot go", () => {
  const message = [{ [REF]: { shard: 0, slot: 1 } }];
  assert.equal(findFault(message, "args", true), undefined);
  assert.match(String(findFault(message, "args", false)), /args\[0\] is a ref: a ref cannot leave/);
});

Deno.test("findFault() and copyValue() agree on every value", () => {
  const anything = fc.anything({
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withObjectString: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true,
    withUnicodeString: true,
  });
  const broken = fc.letrec((tie) => ({
    item: fc.oneof(
      { maxDepth: 4 },
      anyItem,
      anything,
      fc.constantFrom(...REFUSED.map(([value]) => value)),
      fc.array(tie("item"), { maxLength: 4 }),
      fc.dictionary(fc.string({ maxLength: 3 }), tie("item"), { maxKeys: 4 }),
    ),
  })).item;
  let sound = 0;
  let faulty = 0;
  fc.assert(
    fc.property(broken, (value) => {
      const fault = findFault(value, "value", true);
      try {
        copyValue(value, "value");
        assert.equal(fault, undefined);
        sound++;
      } catch (error) {
        assert.equal(String(error), String(fault));
        faulty++;
      }
    }),
    { numRuns: 500 },
  );
  assert(sound > 20 && faulty > 20, "the generator makes both kinds");
});

Deno.test("findFault() survives objects that fight back", () => {
  const trap = () => {
    throw new Error("trapped");
  };
  const hostile = [
    new Proxy({}, { getPrototypeOf: trap }),
    new Proxy({}, { ownKeys: trap }),
    new Proxy({}, { get: trap }),
    new Proxy([1], { get: trap }),
    Proxy.revocable({}, {}).proxy,
  ];
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  for (const value of [...hostile.slice(0, 4), proxy]) {
    const fault = findFault([value], "args", true);
    assert.equal(fault?.path, "args[0]");
    assert(fault.cause instanceof Error);
    assert.throws(() => copyValue([value], "args"), ValueError);
  }
});
