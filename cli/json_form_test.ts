import assert from "node:assert/strict";
import fc from "fast-check";
import type { Value } from "../values/mod.ts";
import { Failure } from "./failure.ts";
import { readValue, valueToJson } from "./json_form.ts";

Deno.test("valueToJson() says what JSON cannot, in objects of one key", () => {
  const cases: readonly [Value, string][] = [
    [Uint8Array.of(1, 2, 3), '{"$bytes":"AQID"}'],
    [12345678901234567890n, '{"$bigint":"12345678901234567890"}'],
    [new Date(0), '{"$date":"1970-01-01T00:00:00.000Z"}'],
    [NaN, '{"$number":"NaN"}'],
    [-Infinity, '{"$number":"-Infinity"}'],
    [-0, '{"$number":"-0"}'],
    [2 ** 53, '{"$number":"9007199254740992"}'],
    [{ $date: "x" }, '{"$$date":"x"}'],
    [{ $$date: "x" }, '{"$$$date":"x"}'],
    [{ $date: "x", more: 1 }, '{"$date":"x","more":1}'],
    [{ readings: [1n, null, true] }, '{"readings":[{"$bigint":"1"},null,true]}'],
  ];
  for (const [value, json] of cases) assert.equal(valueToJson(value), json);
});

Deno.test("valueToJson() says nothing for nothing", () => {
  assert.equal(valueToJson(undefined), undefined);
});

Deno.test("readValue() reads back what valueToJson() wrote, for every value", () => {
  const key = fc.oneof(fc.string(), fc.constantFrom("$date", "$$date", "$", "$x", "__proto__"));
  const value: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.constant(null),
      fc.boolean(),
      fc.double(),
      fc.constantFrom(2 ** 53, -(2 ** 53), 1e21, 1.2345678901234567e20),
      fc.maxSafeInteger(),
      fc.bigInt(),
      fc.string({ unit: "grapheme" }),
      fc.uint8Array().map((bytes) => new Uint8Array(bytes)),
      fc.date({ noInvalidDate: true }),
      fc.array(tie("value")) as fc.Arbitrary<Value>,
      fc.array(fc.tuple(key, tie("value")), { maxLength: 3 })
        .map((entries) => Object.fromEntries(entries)) as fc.Arbitrary<Value>,
    ),
  })).value;
  fc.assert(fc.property(value, (value) => {
    assert.deepEqual(readValue(valueToJson(value) as string, false), value);
  }));
});

Deno.test("readValue() takes as text what is no JSON, and everything when it is raw", () => {
  assert.equal(readValue("hello", false), "hello");
  assert.equal(readValue("{half", false), "{half");
  assert.equal(readValue("", false), "");
  assert.equal(readValue("19.5", false), 19.5);
  assert.equal(readValue("19.5", true), "19.5");
});

Deno.test("readValue() keeps an object whose only key begins with $ and means nothing", () => {
  assert.deepEqual(readValue('{"$ref":1}', false), { $ref: 1 });
});

Deno.test("readValue() refuses a $ form that says no value, and an integer that would be rounded", () => {
  const broken = [
    '{"$bytes":"%"}',
    '{"$bytes":7}',
    '{"$bigint":"1.5"}',
    '{"$date":"yesterday"}',
    '{"$number":"twelve"}',
    '{"$number":"012"}',
    "9007199254740993",
    "[-9007199254740993]",
  ];
  for (const text of broken) {
    assert.throws(
      () => readValue(text, false),
      (error) => error instanceof Failure && error.exit === 2,
      text,
    );
  }
});
