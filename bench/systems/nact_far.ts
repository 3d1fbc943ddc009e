/**
 * The driver of the peer `nact` in the group `actors`.
 *
 * @module
 */
import { type ActorSystemRef, dispatch, query, type Ref, spawn, start, stop } from "nact";
import { drive, timed, weighed, type Work } from "../actor_driver.ts";
import {
  BIG_ACTORS,
  type CaseName,
  CHUNK,
  KIB,
  nextRandom,
  RING,
  SKYNET_CHILDREN,
} from "../actor_workload.ts";
import { Tally } from "../tally.ts";

/** What a query may take, in ms. */
const TIMEOUT_MS = 10_000;

const system: ActorSystemRef = start();
/** Names that an actor has not had yet: those that nact makes up collide now and then. */
let names = 0;

/** An actor under the system: one under an actor would be listed anew for each of its messages. */
function actor<M>(handle: (message: M, self: Ref<M>) => void, parent = system): Ref<M> {
  return spawn(
    parent,
    (_state: null, message: M, ctx: { self: Ref<M> }) => {
      handle(message, ctx.self);
      return null;
    },
    `a${names++}`,
  );
}

const CASES: { readonly [name in CaseName]?: () => Promise<Work> } = {
  count: () => counting((i) => i, (n: number) => n),
  "count-object": () =>
    counting((i) => ({ id: i, name: "temperature", value: i }), ({ value }) => value),
  "count-1k"() {
    const bytes = new Uint8Array(KIB);
    return counting(() => bytes, ({ length }) => length);
  },

  pingpong() {
    const back = new Tally();
    const pong: Ref<null> = actor(() => dispatch(ping, null));
    const ping: Ref<null> = actor(() => {
      back.take(1);
      if (back.missing > 0) dispatch(pong, null);
    });
    return Promise.resolve((balls) =>
      timed(() => {
        dispatch(pong, null);
        return back.sum(balls);
      })
    );
  },

  ask() {
    const echo = actor<{ n: number; asker: Ref<number> }>(({ n, asker }) => dispatch(asker, n));
    return Promise.resolve((count) =>
      timed(async () => {
        let sum = 0;
        for (let n = 0; n < count; n++) {
          sum += await query(echo, (asker: Ref<number>) => ({ n, asker }), TIMEOUT_MS);
        }
        return sum;
      })
    );
  },

  threadring() {
    const end = new Tally();
    const members = Array.from({ length: RING }, (_, at) =>
      actor<number>((hops) => {
        if (hops === 0) end.take(at);
        else dispatch(members[(at + 1) % RING] as Ref<number>, hops - 1);
      }));
    return Promise.resolve((hops) =>
      timed(() => {
        dispatch(members[0] as Ref<number>, hops);
        return end.sum(1);
      })
    );
  },

  forkjoin() {
    const joined = new Tally();
    const parent = actor<number>((n) => joined.take(n));
    return Promise.resolve((count) =>
      timed(() => {
        for (let i = 0; i < count; i++) {
          const child = actor<number>((n, self) => {
            dispatch(parent, n);
            stop(self);
          });
          dispatch(child, i);
        }
        return joined.sum(count);
      })
    );
  },

  skynet() {
    const total = new Tally();
    const node = (parent: Ref<number> | undefined, number: number, leaves: number) => {
      const sum = new Tally();
      const tell = (n: number) => parent ? dispatch(parent, n) : total.take(n);
      const self: Ref<number | null> = actor((n) => {
        if (n !== null) return sum.take(n);
        if (leaves === 1) {
          tell(number);
          return stop(self);
        }
        const each = leaves / SKYNET_CHILDREN;
        for (let i = 0; i < SKYNET_CHILDREN; i++) node(self, number + i * each, each);
        sum.expect(SKYNET_CHILDREN, (all) => {
          tell(all);
          stop(self);
        });
      });
      dispatch(self, null);
    };
    return Promise.resolve((leaves) =>
      timed(() => {
        node(undefined, 0, leaves);
        return total.sum(1);
      })
    );
  },

  big() {
    type Message = { ping: number } | "pong";
    const ends = new Tally();
    let left: number[] = [];
    let pinged: number[] = [];
    const random = Array.from({ length: BIG_ACTORS }, (_, at) => at + 1);
    const ping = (at: number) => {
      random[at] = nextRandom(random[at] as number);
      dispatch(members[random[at] as number % BIG_ACTORS] as Ref<Message>, { ping: at });
    };
    const members = Array.from({ length: BIG_ACTORS }, (_, at) =>
      actor<Message>((message) => {
        if (message === "pong") {
          if (--(left[at] as number) > 0) ping(at);
          else ends.take(0);
        } else {
          (pinged[at] as number)++;
          dispatch(members[message.ping] as Ref<Message>, "pong");
        }
      }));
    return Promise.resolve((pings) =>
      timed(async () => {
        left = members.map(() => pings);
        pinged = members.map(() => 0);
        for (const at of members.keys()) ping(at);
        await ends.sum(BIG_ACTORS);
        return pinged.reduce((sum, times) => sum + times);
      })
    );
  },

  spawn() {
    const greeted = new Tally();
    const parent = actor<number>((n) => greeted.take(n));
    return Promise.resolve(async (count) => {
      const children: Ref<number>[] = [];
      const run = await timed(() => {
        for (let i = 0; i < count; i++) {
          const child = actor<number>((n) => dispatch(parent, n));
          dispatch(child, i);
          children.push(child);
        }
        return greeted.sum(count);
      });
      for (const child of children) stop(child);
      return run;
    });
  },

  memory: () =>
    Promise.resolve((count) =>
      weighed(() => {
        for (let i = 0; i < count; i++) {
          spawn(system, (sum: number, n: number) => sum + n, `a${names++}`, { initialState: i });
        }
        return Promise.resolve(count);
      })
    ),

  restart() {
    const restarts = new Tally();
    const failing: Ref<null> = spawn(
      system,
      (_state: null, _message: null): null => {
        throw new Error("as it is told to");
      },
      "failing",
      {
        onCrash: (_message, _error, ctx) => ctx.reset,
        initialStateFunc() {
          restarts.take(1);
          return null;
        },
      },
    );
    return Promise.resolve((count) =>
      timed(() => {
        for (let i = 0; i < count; i++) dispatch(failing, null);
        return restarts.sum(count).then(() => count);
      })
    );
  },
};

/** A sender that sends by the chunk, and then tells itself to go on. */
function counting<M>(message: (i: number) => M, value: (message: M) => number): Promise<Work> {
  const sum = new Tally();
  const counter = actor<M>((message) => sum.take(value(message)));
  const sender = actor<{ from: number; count: number }>(({ from, count }, self) => {
    const end = Math.min(count, from + CHUNK);
    for (let i = from; i < end; i++) dispatch(counter, message(i));
    if (end < count) dispatch(self, { from: end, count });
  });
  return Promise.resolve((count) =>
    timed(() => {
      dispatch(sender, { from: 0, count });
      return sum.sum(count);
    })
  );
}

await drive((name) => CASES[name]?.());
