import assert from "node:assert/strict";
import fc from "fast-check";
import { copyValue, REF, type RefAddress, ValueError } from "../../values/mod.ts";
import { DeadlineError, EndedError, MailboxFullError } from "../errors.ts";
import { NameRoutes } from "./name_routes.ts";
import { type HeldKind, type NamedSender, namedTarget } from "./named_ref.ts";
import { makeRef, type Ref, refKey, type RefOptions } from "../ref.ts";
import { FakeClock, settle } from "../testing.ts";
import { WatchedNames } from "./watched_names.ts";

type Holder = { note(id: number): number };

interface Message {
  readonly kind: HeldKind;
  readonly args: readonly unknown[];
  readonly settled: PromiseWithResolvers<unknown>;
}

/**
 * A registry, one shard that sends and slots that are sent to, with what is on its way between them
 * in two queues that a test moves.
 */
class World {
  readonly clock = new FakeClock();
  readonly names = new WatchedNames<RefAddress>((_shard, name, holder) =>
    this.toShard.push(() => this.routes.told(name, holder))
  );
  readonly toRegistry: (() => void)[] = [];
  readonly toShard: (() => void)[] = [];
  /** What each slot that lives has got, by its number. */
  readonly slots = new Map<number, number[]>();
  readonly everGot = new Map<number, number[]>();
  readonly buried: { readonly id: unknown; readonly reason: string }[] = [];
  readonly claims = new Map<string, { readonly claim: number; readonly slot: number }>();
  readonly routes: NameRoutes<Message>;
  readonly ref: Ref<Holder>;
  /** Another ref of the same sender to the same name. */
  readonly twin: Ref<Holder>;
  #nextSlot = 1;

  constructor(bound?: number) {
    this.routes = new NameRoutes<Message>({
      lookUp: (name) => this.toRegistry.push(() => this.names.watch(name, 1)),
      deliver: (to, message) => this.deliver(to, message),
      bury: (_name, message, reason, error) => this.bury(message, reason, error()),
    }, bound);
    const sender: NamedSender<Message> = {
      tell: (to, handler, args, options) => void this.#direct("tell", to, handler, args, options),
      send: (to, handler, args, options) =>
        this.#direct("send", to, handler, args, options) as Promise<void>,
      ask: (to, handler, args, options) => this.#direct("ask", to, handler, args, options),
      stream: () => assert.fail("nothing is streamed here"),
      lookUp: () => assert.fail("nothing is streamed here"),
      hold: (kind, _handler, args, options) => this.#make(kind, args, options),
    };
    this.ref = makeRef<Holder>(namedTarget("clock", this.routes, sender));
    this.twin = makeRef<Holder>(namedTarget("clock", this.routes, sender));
  }

  /** Starts a holder of the name, if that is free. */
  start(): void {
    if (this.claims.has("clock")) return;
    const claim = this.names.claim("clock");
    const slot = this.#nextSlot++;
    this.claims.set("clock", { claim, slot });
    this.slots.set(slot, []);
    this.everGot.set(slot, []);
    this.names.bind("clock", claim, { shard: 1, slot });
  }

  /** Ends the holder: its slot at once, its name when the registry hears of it. */
  end(): void {
    const held = this.claims.get("clock");
    if (!held || !this.slots.delete(held.slot)) return;
    this.toRegistry.push(() => {
      this.claims.delete("clock");
      this.names.release("clock", held.claim);
    });
  }

  /** Lets everything arrive. */
  arrive(): void {
    while (this.toRegistry.length + this.toShard.length > 0) {
      this.toRegistry.shift()?.();
      this.toShard.shift()?.();
    }
  }

  deliver(to: RefAddress, message: Message): void {
    const got = this.slots.get(to.slot);
    if (!got) {
      const error = new EndedError("ended", { reason: "no-such-actor" });
      return this.bury(message, "no-such-actor", error);
    }
    const id = message.args[0] as number;
    got.push(id);
    this.everGot.get(to.slot)?.push(id);
    message.settled.resolve(message.kind === "ask" ? id * 10 : undefined);
  }

  bury(message: Message, reason: string, error: Error): void {
    this.buried.push({ id: message.args[0], reason });
    if (message.kind === "tell") return;
    message.settled.reject(error);
  }

  #direct(
    kind: HeldKind,
    to: RefAddress,
    _handler: string,
    args: unknown[],
    options: RefOptions,
  ): Promise<unknown> {
    const { message, settled } = this.#make(kind, args, options);
    this.deliver(to, message);
    return settled ?? Promise.resolve();
  }

  #make(
    kind: HeldKind,
    args: unknown[],
    options: RefOptions,
  ): { readonly message: Message; readonly settled: Promise<unknown> | undefined } {
    options.signal?.throwIfAborted();
    const settled = Promise.withResolvers<unknown>();
    const message = { kind, args: structuredClone(args), settled };
    if (kind === "ask") {
      this.clock.setTimer(() => settled.reject(new DeadlineError("late")), options.deadlineMs ?? 5);
    }
    options.signal?.addEventListener("abort", () => settled.reject(options.signal?.reason));
    return { message, settled: kind === "tell" ? undefined : settled.promise };
  }
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("tell" as const, "send" as const, "ask" as const) },
  fc.constantFrom("start" as const, "end" as const),
  { weight: 3, arbitrary: fc.constantFrom("registry" as const, "shard" as const) },
);

Deno.test("A named ref keeps order and settles everything once, however the name changes hands", async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(step, { maxLength: 100, size: "max" }),
    async (steps) => {
      const world = new World();
      const settled = new Map<number, string>();
      let next = 0;
      const outcome = (id: number, promise: Promise<unknown>) => {
        const note = (how: string) => {
          assert(!settled.has(id));
          settled.set(id, how);
        };
        promise.then(
          (value) => note(value === undefined ? "sent" : `replied ${value}`),
          (error) => note(error instanceof EndedError ? "ended" : String(error)),
        );
      };
      for (const what of steps) {
        const ref = next % 3 === 0 ? world.twin : world.ref;
        if (what === "tell") ref.tell.note(next++);
        else if (what === "send") outcome(next, ref.send.note(next++));
        else if (what === "ask") outcome(next, ref.ask.note(next++));
        else if (what === "registry") world.toRegistry.shift()?.();
        else if (what === "shard") world.toShard.shift()?.();
        else world[what]();
      }
      world.arrive();
      await settle(1);

      const got = [...world.everGot.values()];
      for (const ids of got) {
        assert.deepEqual(
          ids,
          ids.toSorted((a, b) => a - b),
          "in the order in which they were sent",
        );
      }
      const lost = world.buried.map(({ id }) => id as number);
      const all = [...got.flat(), ...lost].sort((a, b) => a - b);
      assert.deepEqual(all, Array.from({ length: next }, (_, id) => id), "each has one fate");
      const sends = steps.filter((what) => what === "send" || what === "ask").length;
      assert.equal(settled.size, sends, "no promise is left pending");
      for (const [id, how] of settled) assert.equal(how === "ended", lost.includes(id));
    },
  ));
});

Deno.test("A named ref goes to whoever has the name now, and stays valid when it changes hands", async () => {
  const world = new World();
  world.start();
  const first = world.ref.ask.note(1);
  world.arrive();
  assert.equal(await first, 10);
  assert.equal(refKey(world.ref), "1.1");
  world.end();
  world.arrive();
  world.start();
  const second = world.ref.ask.note(2);
  world.arrive();
  assert.equal(await second, 20);
  assert.deepEqual([...world.everGot], [[1, [1]], [2, [2]]]);
});

Deno.test("A named ref resolves once: after that nothing is looked up while the name is held", async () => {
  const world = new World();
  world.start();
  world.ref.tell.note(1);
  world.arrive();
  world.twin.tell.note(2);
  await world.ref.send.note(3);
  assert.equal(await world.ref.ask.note(4), 40);
  assert.equal(world.toRegistry.length, 0);
  assert.deepEqual(world.slots.get(1), [1, 2, 3, 4]);
});

Deno.test("A tell to a name that nobody has is a dead letter; a send or ask fails", async () => {
  const world = new World();
  world.ref.tell.note(1);
  const isEnded = (error: unknown) =>
    error instanceof EndedError && error.data.reason === "no-such-actor";
  const failed = Promise.all([
    assert.rejects(world.ref.send.note(2), isEnded),
    assert.rejects(world.ref.ask.note(3), isEnded),
  ]);
  world.arrive();
  await failed;
  assert.deepEqual(world.buried, [1, 2, 3].map((id) => ({ id, reason: "no-such-actor" })));
});

Deno.test("The deadline of an ask runs while its name is looked up", async () => {
  const world = new World();
  const late = assert.rejects(world.ref.with({ deadlineMs: 100 }).ask.note(1), DeadlineError);
  world.clock.advance(100);
  await late;
});

Deno.test("An ask is given up by its signal while its name is looked up, and before", async () => {
  const world = new World();
  const controller = new AbortController();
  const { signal } = controller;
  const given = assert.rejects(world.ref.with({ signal }).ask.note(1), /enough/);
  controller.abort(new Error("enough"));
  await given;
  await assert.rejects(world.ref.with({ signal }).ask.note(2), /enough/);
  assert.equal(world.toRegistry.length, 1);
});

Deno.test("The arguments of a message are those at the call, though its name is looked up first", () => {
  const world = new World();
  const got: unknown[] = [];
  world.deliver = (_to, message) => got.push(...message.args);
  const arg = { n: 1 };
  world.start();
  world.ref.tell.note(arg as unknown as number);
  arg.n = 2;
  world.arrive();
  assert.deepEqual(got, [{ n: 1 }]);
});

Deno.test("What waits for a name is bounded, and what is more is refused as by a full mailbox", async () => {
  const world = new World(2);
  world.start();
  for (const id of [1, 2, 3]) world.ref.tell.note(id);
  await assert.rejects(world.ref.ask.note(4), MailboxFullError);
  world.arrive();
  assert.deepEqual(world.slots.get(1), [1, 2]);
  assert.deepEqual(world.buried.map(({ reason }) => reason), ["mailbox-full", "mailbox-full"]);
});

Deno.test("A named ref has the address of who has the name, once that is known", () => {
  const world = new World();
  assert.throws(() => world.ref[REF], EndedError);
  assert.equal(String(world.ref), 'ref named "clock"');
  world.start();
  world.ref.tell.note(1);
  world.arrive();
  assert.deepEqual(world.ref[REF], { shard: 1, slot: 1 });
  assert.deepEqual(copyValue([world.ref], "args"), copyValue([world.twin], "args"));
});

Deno.test("A named ref of a name that is not known cannot be sent to others", () => {
  const world = new World();
  assert.throws(() => copyValue({ to: world.ref }, "args"), ValueError);
});

Deno.test("What cannot be sent is the sender's error at the call, and looks nothing up", async () => {
  const world = new World();
  const odd = (() => {}) as unknown as number;
  assert.throws(() => world.ref.tell.note(odd));
  await assert.rejects(world.ref.send.note(odd));
  await assert.rejects(world.ref.ask.note(odd));
  assert.equal(world.toRegistry.length, 0);
});
