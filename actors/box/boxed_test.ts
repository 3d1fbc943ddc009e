import assert from "node:assert/strict";
import {
  DeadlineError,
  defineActor,
  EndedError,
  HandlerError,
  type Ref,
  SelfAskError,
  SpawnError,
  UnknownHandlerError,
} from "../mod.ts";
import { ValueError } from "../../values/mod.ts";
import { AgentFolder } from "./testing/agents.ts";
import { Boxes } from "./testing/boxes.ts";
import type { Probe } from "./testing/probe.ts";

const probe = new URL("./testing/probe.ts", import.meta.url);
const doubler = defineActor(import.meta, () => ({ double: (n: number) => 2 * n }));

/** An actor that takes down what it is told, one after the other. */
function listener() {
  const heard: unknown[] = [];
  const waiting: ((value: unknown) => void)[] = [];
  const definition = defineActor(import.meta, () => ({
    hear(value: unknown) {
      const next = waiting.shift();
      if (next) next(value);
      else heard.push(value);
    },
  }));
  const next = () =>
    heard.length > 0
      ? Promise.resolve(heard.shift())
      : new Promise<unknown>((done) => waiting.push(done));
  return { definition, next };
}

for (const placement of ["worker", "process"] as const) {
  const options = placement === "process" ? { box: { root: new URL("..", import.meta.url) } } : {};
  const test = (
    name: string,
    body: (boxes: Boxes, spawn: () => Promise<Ref<Probe>>) => Promise<void>,
  ) =>
    Deno.test(`an actor in a ${placement} ${name}`, async () => {
      await using boxes = await Boxes.start();
      const permanent = { ...options, args: [40], restart: "permanent" as const };
      await body(boxes, () => boxes.spawn<Probe>(probe, placement, permanent));
    });

  test("answers asks with values of the domain", async (_boxes, spawn) => {
    const ref = await spawn();
    assert.equal(await ref.ask.add(2), 42);
    assert.equal(await ref.ask.path(), "boxed");
    const value = { a: [1, null, "x", new Uint8Array([1, 2])], at: new Date(5), big: 5n, n: NaN };
    assert.deepEqual(await ref.ask.echo(value), value);
    assert.equal(await ref.ask.echo(undefined), undefined);
  });

  test("holds refs as capabilities, wherever they stand in a value", async (boxes, spawn) => {
    const ref = await spawn();
    const other = await boxes.system.spawn(doubler, { placement: "here" });
    assert.equal(await ref.ask.askOther(other, 21), 42);
    const value = { refs: [other, { ref }], other };
    assert.deepEqual(await ref.ask.echo(value), value);
    assert.deepEqual(await ref.ask.echo(other), other);
    await ref.ask.hold(other);
    assert.equal(await ref.ask.askHeld(4), 8);
    await assert.rejects(ref.ask.askForged(), /args\[0\] is a ref that this actor does not hold/);
  });

  test("throws, which fails it, and is restarted with what it kept", async (boxes, spawn) => {
    const ref = await spawn();
    await ref.ask.add(1);
    await assert.rejects(ref.ask.fail("broken"), (error) => {
      assert.ok(error instanceof HandlerError);
      assert.equal(error.message, "broken");
      assert.equal(error.data.name, "RangeError");
      return true;
    });
    assert.equal(await ref.ask.add(0), -1); // what it kept when it failed
    assert.match(boxes.crashes[0]!.stack, /probe\.ts/);
  });

  test("fails by an error that no handler threw", async (boxes, spawn) => {
    const ref = await spawn();
    const down = boxes.down(ref);
    await ref.ask.throwLater("in a timer");
    assert.deepEqual(await down, { kind: "error", message: "Error: in a timer" });
    assert.equal(await ref.ask.add(0), 40);
    const again = boxes.down(ref);
    await ref.ask.rejectLater("in a promise");
    assert.equal((await again).message, "Error: in a promise");
    assert.equal(await ref.ask.add(0), 40);
  });

  test(
    "throws whatever, and its supervisor hears what can be said of it",
    async (_boxes, spawn) => {
      const ref = await spawn();
      for (const odd of ["text", "null", "huge", "hostile", "revoked"]) {
        await assert.rejects(ref.ask.throwOdd(odd), HandlerError, odd);
        await assert.rejects(ref.ask.refuseOdd(odd), Error, odd);
      }
      assert.equal(await ref.ask.add(0), 40);
    },
  );

  test("gives an asker the error of a result outside of the domain", async (boxes, spawn) => {
    const ref = await spawn();
    await assert.rejects(ref.ask.giveFunction(), ValueError);
    await assert.rejects(ref.ask.giveMap(), /result of giveMap is a Map/);
    assert.equal(await ref.ask.add(0), 40);
    assert.deepEqual(boxes.crashes, []);
  });

  test("replies later than its handler returns", async (_boxes, spawn) => {
    const ref = await spawn();
    const [first, second] = [ref.ask.defer("one"), ref.ask.defer("two")];
    await ref.ask.settleDeferred();
    assert.deepEqual(await Promise.all([first, second]), ["one", "two"]);
    const failing = assert.rejects(ref.ask.defer("three"), { message: "no" });
    await ref.ask.failDeferred("no");
    await failing;
  });

  test("refuses what is the sender's fault, and lives on", async (_boxes, spawn) => {
    const ref = await spawn();
    await assert.rejects(ref.ask.refuse("not this"), { message: "not this" });
    assert.equal(await ref.ask.add(0), 40);
  });

  test("has only the handlers that it showed", async (_boxes, spawn) => {
    const ref = await spawn() as unknown as Ref<{ toString(): string; hidden(): void }>;
    await assert.rejects(ref.ask.hidden(), UnknownHandlerError);
    await assert.rejects(ref.ask.toString() as unknown as Promise<string>, UnknownHandlerError);
  });

  test("sees its message abort when the asker gives up", async (boxes, spawn) => {
    const ref = await spawn();
    const { definition, next } = listener();
    const ear = await boxes.system.spawn(definition, { placement: "here" });
    const controller = new AbortController();
    const asked = ref.with({ signal: controller.signal }).ask.waitForAbort(ear);
    assert.equal(await next(), "waiting");
    controller.abort();
    await assert.rejects(asked, { name: "AbortError" });
    assert.equal(await next(), "aborted");
  });

  test("gives up an ask of its own", async (boxes, spawn) => {
    const ref = await spawn();
    const { promise, resolve } = Promise.withResolvers<void>();
    const never = defineActor(import.meta, (ctx) => ({
      wait() {
        ctx.deferReply();
        ctx.message!.signal.addEventListener("abort", () => resolve());
      },
    }));
    const target = await boxes.system.spawn(never, { placement: "here" });
    assert.equal(await ref.ask.askAndAbort(target), "AbortError");
    await promise;
    assert.equal(await ref.ask.askWithin(target, 20), "DeadlineError");
    await assert.rejects(ref.with({ deadlineMs: 30 }).ask.askWithin(target, 4_000), DeadlineError);
  });

  test("cannot ask itself", async (_boxes, spawn) => {
    const ref = await spawn();
    assert.equal(await ref.ask.askSelf(), SelfAskError.name);
  });

  test("hears of an end that it monitors", async (boxes, spawn) => {
    const ref = await spawn();
    const { definition, next } = listener();
    const ear = await boxes.system.spawn(definition, { placement: "here" });
    const other = await boxes.system.spawn(doubler, { placement: "here" });
    await ref.ask.watch(other, ear);
    await boxes.system.stopActor(other);
    assert.deepEqual(await next(), { same: true, kind: "shutdown" });
  });

  test("is told by its timers through its mailbox", async (boxes, spawn) => {
    const ref = await spawn();
    const { definition, next } = listener();
    const ear = await boxes.system.spawn(definition, { placement: "here" });
    await ref.ask.tellLater(ear, "tick");
    assert.equal(await next(), "tick");
  });

  test("finds an actor by its name", async (boxes, spawn) => {
    const ref = await spawn();
    await boxes.system.spawn(doubler, { placement: "here", name: "doubler" });
    assert.equal(await ref.ask.lookUp("doubler", 4), 8);
    assert.equal(await ref.ask.lookUp("nobody", 4), null);
  });

  test("is linked to others, and sends them exits", async (boxes, spawn) => {
    const [one, other] = [await spawn(), await spawn()];
    await one.ask.link(other);
    await other.ask.path();
    const downs = [boxes.down(one), boxes.down(other)];
    await one.ask.fail("x").catch(() => {/* as it should */});
    assert.equal((await downs[0]!).kind, "error");
    assert.match((await downs[1]!).message, /linked to .*: RangeError: x/);
    for (const ref of [one, other]) assert.equal(await ref.ask.path(), "boxed", "restarted");
    await one.ask.link(other);
    await one.ask.unlink(other);
    const down = boxes.down(other);
    await one.ask.exit(other, "error");
    assert.equal((await down).kind, "error");
    assert.equal(await one.ask.path(), "boxed");
    await assert.rejects(one.ask.exitWrongly(other), /exit got the kind "odd"/);
  });

  test("traps exits", async (boxes, spawn) => {
    const [one, other] = [await spawn(), await spawn()];
    const { definition, next } = listener();
    const ear = await boxes.system.spawn(definition, { placement: "here" });
    await one.ask.trap(ear);
    await other.ask.exit(one, "error");
    assert.deepEqual(await next(), { self: false, kind: "error", message: "sent" });
    const down = boxes.down(one);
    await one.ask.trap(null);
    await other.ask.exit(one, "error");
    assert.equal((await down).kind, "error");
  });

  test("puts messages aside", async (_boxes, spawn) => {
    const ref = await spawn();
    const asides = [ref.ask.setAside("one"), ref.ask.setAside("two")];
    await ref.ask.openUp();
    assert.deepEqual(await Promise.all(asides), ["one", "two"]);
  });

  test("reaches others by name, and passes that on", async (boxes, spawn) => {
    const ref = await spawn();
    await boxes.system.spawn(doubler, { placement: "here", name: "doubler" });
    assert.equal(await ref.ask.askNamed("doubler", 4), 8);
    const named = await ref.ask.named("doubler") as Ref<{ double(n: number): number }>;
    assert.equal(await named.ask.double(5), 10);
    await assert.rejects(ref.ask.askNamed("nobody", 4), HandlerError);
  });

  test("joins groups and watches them", async (boxes, spawn) => {
    const ref = await spawn();
    const { definition, next } = listener();
    const ear = await boxes.system.spawn(definition, { placement: "here" });
    await ref.ask.watchGroup("agents", ear);
    assert.deepEqual(await ref.ask.group("agents"), [1, true]);
    assert.deepEqual([await next(), await next()], [["group", "joined"], ["group", "left"]]);
    await assert.rejects(ref.ask.watchGroup("", ear), /name of a group has 0 characters/);
  });

  test("is told again and again by a ticker", async (boxes, spawn) => {
    const ref = await spawn();
    const { definition, next } = listener();
    const ear = await boxes.system.spawn(definition, { placement: "here" });
    await ref.ask.tick(ear);
    assert.equal(await next(), 3);
  });

  test("answers with streams, and reads them", async (boxes, spawn) => {
    const [ref, other] = [await spawn(), await spawn()];
    const { definition, next } = listener();
    const ear = await boxes.system.spawn(definition, { placement: "here" });
    const counted: number[] = [];
    for await (const n of ref.stream.count(100)) counted.push(n);
    assert.deepEqual(counted, Array.from({ length: 100 }, (_, i) => i + 1));
    for await (const n of ref.stream.countAndTell(100, ear)) if (n === 3) break;
    assert.equal(await next(), "left");
    assert.equal(await ref.ask.sumOf(other, 100), 5_050);
    assert.equal(await ref.ask.firstOf(other, ear), 1);
    assert.equal(await next(), "left");
    await assert.rejects(ref.ask.sumOf(ear, 3));
  });

  test("ends a stream with its reader, or with an item that is no value", async (boxes, spawn) => {
    const ref = await spawn();
    const { definition, next } = listener();
    const ear = await boxes.system.spawn(definition, { placement: "here" });
    const stream = ref.stream.untilAborted(ear);
    assert.equal((await stream.next()).value, 1);
    assert.equal(await next(), "waiting");
    await stream.return?.();
    assert.equal(await next(), true);
    const odd = ref.stream.odd(ear);
    assert.equal((await odd.next()).value, 1);
    await assert.rejects(odd.next(), /item of odd is a Map/);
    assert.equal(await next(), "end of odd");
    assert.equal(await ref.ask.add(0), 40);
  });

  test("does not fail by a save that it does not wait for", async (boxes, spawn) => {
    const ref = await spawn();
    assert.equal(await ref.ask.saveUnheard(), "TypeError"); // it was not spawned with `persist`
    assert.equal(await ref.ask.add(0), 40);
    assert.deepEqual(boxes.crashes, []);
  });

  test("runs its hooks when it is stopped, and when it stops itself", async (boxes, spawn) => {
    for (const stop of ["outside", "inside"]) {
      const ref = await spawn();
      const { definition, next } = listener();
      const ear = await boxes.system.spawn(definition, { placement: "here" });
      await ref.ask.tellAtStop(ear);
      if (stop === "inside") await ref.ask.stopYourself();
      else await boxes.system.stopActor(ref);
      assert.equal(await next(), "stopping");
    }
  });

  test("does not start where its module or its factory fails, and its spawner hears why", async (boxes) => {
    await using folder = await AgentFolder.make();
    const cases: [name: string, source: string, words: RegExp][] = [
      ["gone.ts", "", /gone\.ts/],
      ["syntax.ts", "export default {", /syntax\.ts:1/],
      ["throws.ts", "throw new Error('as it loads');", /as it loads/],
      ["no_actor.ts", "export default 5;", /no_actor\.ts is no actor definition/],
      ["other.ts", 'export default { url: "file:///x", factory() {} };', /no actor definition/],
      ["factory.ts", "FACTORY(() => { throw new RangeError('as it starts'); })", /as it starts/],
      ["later.ts", "FACTORY(() => Promise.reject(new Error('as it starts')))", /as it starts/],
      ["nothing.ts", "FACTORY(() => null)", /returned null: return an object of handlers/],
      ["state.ts", "FACTORY(() => ({ a: 5 }))", /"a" of boxed is number/],
      ["then.ts", "FACTORY(() => ({ then() {} }))", /handler "then": choose another/],
      ["constructor.ts", "FACTORY(() => ({ constructor() {} }))", /handler "constructor"/],
      ["proto.ts", "FACTORY(() => ({ ['__proto__']() {} }))", /handler "__proto__"/],
    ];
    for (const [name, source, words] of cases) {
      const text = source.replace(
        /^FACTORY\((.*)\)$/s,
        "export default { url: import.meta.url, factory: $1 };",
      );
      if (source !== "") await folder.write(name, text);
      const spawned = boxes.spawn(`file://${folder.path}/${name}`, placement);
      await assert.rejects(spawned, (error) => {
        assert.ok(error instanceof SpawnError);
        assert.match(error.message, words);
        return true;
      });
    }
  });

  test("that waits is ended with its system, and leaves nobody waiting", async (boxes, spawn) => {
    const ref = await spawn();
    const asked = assert.rejects(ref.ask.waitForEver(), EndedError);
    await boxes.system.stop();
    await asked;
  });
}

Deno.test("an actor in a process cannot send itself more than its pipe carries", async () => {
  await using boxes = await Boxes.start();
  const root = new URL("..", import.meta.url);
  const ref = await boxes.spawn<Probe>(probe, "process", { args: [0], box: { root } });
  const large = new Uint8Array(17 * 2 ** 20);
  await assert.rejects(ref.ask.echo(large), /17825\d+ bytes, encoded: 16777216 at most/);
  const reply = ref.ask.echo(large.subarray(0, 2 ** 21));
  await assert.rejects(reply, /2097\d+ bytes, encoded: 1048576 at most/);
  assert.equal(await ref.ask.add(1), 1);
});

Deno.test("an actor in a worker has the permissions that it is given", async () => {
  await using boxes = await Boxes.start();
  const file = new URL("./constants.ts", import.meta.url).pathname;
  for (const [permissions, may] of [["inherit", true], ["none", false], [{ read: [file] }, true]]) {
    const box = { permissions: permissions as "none" };
    const ref = await boxes.spawn<Probe>(probe, "worker", { args: [0], box });
    assert.equal(await ref.ask.mayRead(file), may);
    assert.equal(await ref.ask.mayRead("/etc/hostname"), permissions === "inherit");
  }
});
