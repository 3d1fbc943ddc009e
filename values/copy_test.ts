import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { anyItem } from "./arbitraries.ts";
import {
  copyArguments,
  copyValue,
  handingOver,
  type Item,
  MAX_DEPTH,
  REF,
  type RefAddress,
  reviveRefs,
  type Value,
} from "./mod.ts";

/** Every object and every buffer that a value is made of. */
function memoryOf(value: unknown, into: Set<unknown> = new Set()): Set<unknown> {
  if (typeof value !== "object" || value === null) return into;
  into.add(value);
  if (value instanceof Uint8Array) into.add(value.buffer);
  else for (const item of Object.values(value)) memoryOf(item, into);
  return into;
}

/** An array in an array, `levels` of them. */
function nest(levels: number): unknown {
  let value: unknown = [];
  for (let i = 1; i < levels; i++) value = i % 2 === 0 ? [value] : { in: value };
  return value;
}

Deno.test("copyValue() returns an equal value that shares no memory with the original", () => {
  fc.assert(fc.property(anyItem, (item) => {
    const copy = copyValue(item, "value");
    assert.deepEqual(copy, item);
    const memory = memoryOf(item);
    for (const part of memoryOf(copy)) assert(!memory.has(part));
  }));
});

Deno.test("copyValue() makes copies that structuredClone keeps as they are", () => {
  fc.assert(fc.property(anyItem, (item) => {
    assert.deepEqual(structuredClone(copyValue(item, "value")), item);
  }));
});

Deno.test("copyValue() accepts undefined at the top and nowhere else", () => {
  assert.equal(copyValue(undefined, "result"), undefined);
  assert.throws(() => copyValue([undefined], "args"), { name: "ValueError", path: "args[0]" });
  assert.throws(() => copyValue({ a: undefined }, "args"), /args\.a is undefined: leave it out/);
});

Deno.test("copyValue() makes plain objects of objects without a prototype", () => {
  const bare = Object.assign(Object.create(null), { a: 1 });
  assert.deepEqual(copyValue(bare, "value"), { a: 1 });
});

Deno.test("copyValue() takes a Node Buffer as bytes and returns a plain Uint8Array", () => {
  const copy = copyValue(Buffer.from([1, 2, 3]), "value");
  assert.deepEqual(copy, Uint8Array.of(1, 2, 3));
  assert.equal((copy as Uint8Array).buffer.byteLength, 3, "not a view of Node's buffer pool");
});

Deno.test("copyValue() copies the part of a buffer that a byte array shows, and no more", () => {
  const whole = Uint8Array.of(1, 2, 3, 4, 5);
  const copy = copyValue(whole.subarray(1, 3), "value") as Uint8Array;
  assert.deepEqual(copy, Uint8Array.of(2, 3));
  assert.equal(copy.buffer.byteLength, 2);
});

Deno.test("handingOver() detaches the buffers that are given away, and no others", () => {
  const given = Uint8Array.of(1, 2);
  const kept = Uint8Array.of(3, 4);
  const buffer = Buffer.from(new ArrayBuffer(4), 1, 2);
  const handover = handingOver([given.buffer, buffer.buffer]);
  const copy = copyValue([given, kept, buffer], "args", undefined, handover);
  assert.deepEqual(copy, [Uint8Array.of(1, 2), kept, new Uint8Array(2)]);
  assert.equal(given.length, 0);
  kept[0] = 9;
  assert.deepEqual((copy as Uint8Array[])[1], Uint8Array.of(3, 4));
});

Deno.test("handingOver() gives a buffer away once", () => {
  const buffer = new ArrayBuffer(4);
  const halves = [new Uint8Array(buffer, 0, 2), new Uint8Array(buffer, 2, 2)];
  const found = "a byte array that was transferred away";
  assert.throws(() => copyValue(halves, "args", undefined, handingOver([buffer])), { found });
});

Deno.test("copyValue() copies shared memory even when it is listed for transfer", () => {
  const shared = new Uint8Array(new SharedArrayBuffer(2));
  const copy = copyValue(shared, "value", undefined, handingOver([shared.buffer])) as Uint8Array;
  assert(copy.buffer instanceof ArrayBuffer);
});

Deno.test("copyArguments() copies in place, and says whether it met a ref", () => {
  const list = [1];
  const args = [1, "a", list];
  assert.equal(copyArguments(args), false);
  assert.deepEqual(args, [1, "a", [1]]);
  assert.notEqual(args[2], list);
  assert.equal(copyArguments([1, { to: { [REF]: { shard: 0, slot: 1 } } }]), true);
  const many = Array.from({ length: 12 }, (_, at) => at < 11 ? at : new Map());
  assert.throws(() => copyArguments(many), { path: "args[11]" });
});

Deno.test("copyValue() refuses a byte array whose buffer was transferred away", () => {
  const bytes = Uint8Array.of(1);
  structuredClone(bytes, { transfer: [bytes.buffer] });
  const expected = { name: "ValueError", found: "a byte array that was transferred away" };
  assert.throws(() => copyValue({ bytes }, "args"), expected);
  assert.throws(() => copyValue(bytes, "a", undefined, handingOver([bytes.buffer])), expected);
});

Deno.test("copyValue() goes 64 levels deep and not one more", () => {
  assert.deepEqual(copyValue(nest(MAX_DEPTH), "value"), nest(MAX_DEPTH));
  assert.throws(() => copyValue(nest(MAX_DEPTH + 1), "value"), /more than 64 levels deep/);
});

Deno.test("copyValue() reads a getter once, and copies what it returns", () => {
  let reads = 0;
  const lazy = {
    get list(): number[] {
      return [++reads];
    },
  };
  assert.deepEqual(copyValue(lazy, "value"), { list: [1] });
});

Deno.test("copyValue() refuses a getter that throws", () => {
  const trap = {
    get secret(): number {
      throw new Error("the getter failed");
    },
  };
  const found = "a getter that throws";
  assert.throws(() => copyValue(trap, "value"), {
    name: "ValueError",
    path: "value.secret",
    found,
  });
});

Deno.test("copyValue() leaves out what is not enumerable", () => {
  const hidden = Object.defineProperty({ seen: 1 }, "hidden", { value: {}, enumerable: false });
  assert.deepEqual(copyValue(hidden, "value"), { seen: 1 });
});

Deno.test("copyValue() never sets a prototype", () => {
  const hostile = JSON.parse('{"a": {"__proto__": {"admin": true}}}');
  assert.throws(() => copyValue(hostile, "value"), { path: "value.a.__proto__" });
});

Deno.test("copyValue() reports a value that changes between its two walks", () => {
  let reads = 0;
  const fickle = {
    get a(): unknown {
      return reads++ < 1 ? () => 1 : 1;
    },
  };
  assert.throws(() => copyValue(fickle, "value"), /a value that changes while it is read/);
});

Deno.test("copyValue() does not hide an error that is not about the value", () => {
  const failure = new RangeError("out of stack");
  let reads = 0;
  const value = new Proxy({}, {
    ownKeys: () => {
      if (reads++ > 0) return [];
      throw failure;
    },
  });
  assert.throws(() => copyValue(value, "value"), failure);
});

class Stub {
  constructor(readonly address: RefAddress) {}
  get [REF](): RefAddress {
    return this.address;
  }
}

const anyRef = fc.record(
  { shard: fc.nat(), slot: fc.nat(), node: fc.string({ minLength: 1 }) },
  { requiredKeys: ["shard", "slot"], noNullPrototype: true },
).map((address) => new Stub(address as RefAddress));

Deno.test("reviveRefs() makes refs of what copyValue() and structuredClone() made of them", () => {
  const anyMessage = fc.letrec((tie) => ({
    message: fc.oneof(
      { maxDepth: 4 },
      anyRef,
      anyItem,
      fc.array(tie("message")),
      fc.dictionary(fc.constantFrom("a", "b", "to"), tie("message"), { noNullPrototype: true }),
    ),
  })).message;
  fc.assert(fc.property(anyMessage, (message) => {
    const seen = { refs: false };
    const posted = structuredClone(copyValue(message, "message", seen));
    let revived = 0;
    const received = reviveRefs(posted, (address) => {
      revived++;
      return new Stub(address);
    });
    assert.deepEqual(received, message);
    assert.equal(seen.refs, revived > 0);
  }));
});

Deno.test("copyValue() takes functions and proxies that carry an address as refs", () => {
  const callable = Object.assign(() => {}, { [REF]: { shard: 1, slot: 2 } });
  const proxy = new Proxy({}, { get: (_, key) => key === REF ? { shard: 3, slot: 4 } : undefined });
  const copy = copyValue([callable, proxy], "args") as Value;
  const addresses: unknown[] = [];
  reviveRefs(copy, (address) => addresses.push(address));
  assert.deepEqual(addresses, [{ shard: 1, slot: 2 }, { shard: 3, slot: 4 }]);
});

Deno.test("copyValue() refuses refs with a malformed address, and markers made by hand", () => {
  const addresses = [
    null,
    7,
    {},
    { shard: -1, slot: 0 },
    { shard: 0, slot: 0.5 },
    { shard: 0, slot: 1, node: "" },
    { shard: 0, slot: 1, node: 7 },
  ];
  for (const address of addresses) {
    const found = "a ref with a malformed address";
    assert.throws(() => copyValue([{ [REF]: address }], "args"), { name: "ValueError", found });
  }
  const copy = copyValue({ [REF]: { shard: 1, slot: 2 } }, "ref") as Item;
  assert.throws(() => copyValue(copy, "args"), /begins with U\+0000/);
});
