import assert from "node:assert/strict";
import fc from "fast-check";
import { ValueError } from "../values/mod.ts";
import {
  ActorError,
  DeadlineError,
  describe,
  EndedError,
  fromWire,
  HandlerError,
  handlerError,
  MailboxFullError,
  NameTakenError,
  registerError,
  SelfAskError,
  SpawnError,
  toWire,
  UnknownHandlerError,
} from "./errors.ts";

const CLASSES = [
  HandlerError,
  UnknownHandlerError,
  DeadlineError,
  EndedError,
  MailboxFullError,
  SelfAskError,
  SpawnError,
  NameTakenError,
];

const wellFormed = fc.string({ unit: "grapheme" });
const data = fc.dictionary(wellFormed.filter((key) => key !== "__proto__"), wellFormed);

for (const Class of CLASSES) {
  Deno.test(`${Class.name} comes back from the wire as itself`, () => {
    fc.assert(fc.property(wellFormed, data, (message, facts) => {
      const original = new Class(message, facts);
      const revived = fromWire(structuredClone(toWire(original)));
      assert(revived instanceof Class);
      assert.equal(revived.name, Class.name);
      assert.equal(revived.code, original.code);
      assert.equal(revived.message, message);
      assert.deepEqual(revived.data, { ...facts });
    }));
  });
}

Deno.test("ValueError comes back from the wire with its path, what was found and its words", () => {
  const original = new ValueError("args[0].when", "a Map", "send a plain object: not this");
  const revived = fromWire(structuredClone(toWire(original)));
  assert(revived instanceof ValueError);
  assert.equal(revived.message, original.message);
  assert.equal(revived.path, "args[0].when");
  assert.equal(revived.found, "a Map");
});

Deno.test("an error of an unknown code comes back as an ActorError with the code", () => {
  const revived = fromWire(toWire(new ActorError("refused", "not now", { version: 3 })));
  assert(revived instanceof ActorError);
  assert.equal(revived.code, "refused");
  assert.deepEqual(revived.data, { version: 3 });
});

Deno.test("registerError() teaches the wire a class of a higher floor", () => {
  class PolicyError extends ActorError {}
  registerError("test-policy", (message, facts) => new PolicyError("test-policy", message, facts));
  const revived = fromWire(toWire(new ActorError("test-policy", "refused", { topic: "a/b" })));
  assert(revived instanceof PolicyError);
  assert.deepEqual(revived.data, { topic: "a/b" });
});

const revoked = Proxy.revocable({}, {});
revoked.revoke();

const ODDITIES: readonly (readonly [string, unknown])[] = [
  ["undefined", undefined],
  ["null", null],
  ["a number", 7],
  ["a symbol", Symbol("odd")],
  ["a function", () => {}],
  ["an object without a prototype", Object.create(null)],
  ["a revoked proxy", revoked.proxy],
  ["an object whose toString throws", {
    toString() {
      throw new Error("no words");
    },
  }],
  [
    "an error whose message is a getter that throws",
    Object.defineProperty(new Error(), "message", {
      get() {
        throw new Error("no words");
      },
    }),
  ],
  ["an error whose message is ill-formed", new Error("\uD800")],
  ["an error whose name is an object", Object.assign(new Error("x"), { name: { toString: 1 } })],
];

for (const [what, thrown] of ODDITIES) {
  Deno.test(`${what} that was thrown becomes words that can cross to another shard`, () => {
    const wire = structuredClone(toWire(thrown));
    assert(fromWire(wire) instanceof HandlerError);
    assert(wire.message.isWellFormed());
    assert(describe(thrown).isWellFormed());
    assert(handlerError(thrown) instanceof HandlerError);
  });
}

Deno.test("toWire() leaves data at home that could not cross to another shard", () => {
  const data = { handler: () => {} } as never;
  const wire = structuredClone(toWire(new EndedError("gone", data)));
  assert.deepEqual(wire, { code: "ended", message: "gone", data: {} });
});

Deno.test("describe() says the class and the words", () => {
  assert.equal(describe(new RangeError("too far")), "RangeError: too far");
  assert.equal(describe("just words"), "just words");
});
