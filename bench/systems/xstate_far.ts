/**
 * The driver of the peer `xstate` in the group `actors`: actors of its plainest logic, a function
 * from a state and an event to the next state.
 *
 * @module
 */
import { type ActorRefFrom, createActor, fromTransition, type TransitionActorLogic } from "xstate";
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

/** What it sends: an event needs a type. */
interface Event<M> {
  readonly type: "message";
  readonly message: M;
}

type Logic<M> = TransitionActorLogic<null, Event<M>, undefined>;
type Actor<M> = ActorRefFrom<Logic<M>>;

function logic<M>(handle: (message: M, self: Actor<M>) => void): Logic<M> {
  return fromTransition((state, { type, message }: Event<M>, { self }) => {
    // Its own event comes when it is stopped.
    if (type === "message") handle(message, self as Actor<M>);
    return state;
  }, null);
}

/** An actor that is the root of a system of its own: only such a one can be stopped directly. */
function actor<M>(handle: (message: M, self: Actor<M>) => void): Actor<M> {
  return createActor(logic(handle)).start();
}

function tell<M>(to: Actor<M>, message: M): void {
  to.send({ type: "message", message });
}

function stop<M>(self: Actor<M>): void {
  (self as ReturnType<typeof createActor<Logic<M>>>).stop();
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
    const pong: Actor<null> = actor(() => tell(ping, null));
    const ping: Actor<null> = actor(() => {
      back.take(1);
      if (back.missing > 0) tell(pong, null);
    });
    return Promise.resolve((balls) =>
      timed(() => {
        const sum = back.sum(balls);
        tell(pong, null);
        return sum;
      })
    );
  },

  threadring() {
    const end = new Tally();
    const members: Actor<number>[] = Array.from(
      { length: RING },
      (_, at) =>
        actor<number>((hops) => {
          if (hops === 0) end.take(at);
          else tell(members[(at + 1) % RING] as Actor<number>, hops - 1);
        }),
    );
    return Promise.resolve((hops) =>
      timed(() => {
        const last = end.sum(1);
        tell(members[0] as Actor<number>, hops);
        return last;
      })
    );
  },

  forkjoin() {
    const joined = new Tally();
    const parent = actor<number>((n) => joined.take(n));
    return Promise.resolve((count) =>
      timed(() => {
        const sum = joined.sum(count);
        for (let i = 0; i < count; i++) {
          const child = actor<number>((n, self) => {
            tell(parent, n);
            stop(self);
          });
          tell(child, i);
        }
        return sum;
      })
    );
  },

  skynet() {
    const total = new Tally();
    const node = (parent: Actor<number> | undefined, number: number, leaves: number) => {
      const sum = new Tally();
      const up = (n: number) => parent ? tell(parent, n) : total.take(n);
      const self: Actor<number | null> = actor((n) => {
        if (n !== null) return sum.take(n);
        if (leaves === 1) {
          up(number);
          return stop(self);
        }
        const each = leaves / SKYNET_CHILDREN;
        sum.expect(SKYNET_CHILDREN, (all) => {
          up(all);
          stop(self);
        });
        for (let i = 0; i < SKYNET_CHILDREN; i++) node(self, number + i * each, each);
      });
      tell(self, null);
    };
    return Promise.resolve((leaves) =>
      timed(() => {
        const sum = total.sum(1);
        node(undefined, 0, leaves);
        return sum;
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
      tell(members[random[at] as number % BIG_ACTORS] as Actor<Message>, { ping: at });
    };
    const members: Actor<Message>[] = Array.from(
      { length: BIG_ACTORS },
      (_, at) =>
        actor<Message>((message) => {
          if (message === "pong") {
            if (--(left[at] as number) > 0) ping(at);
            else ends.take(0);
          } else {
            (pinged[at] as number)++;
            tell(members[message.ping] as Actor<Message>, "pong");
          }
        }),
    );
    return Promise.resolve((pings) =>
      timed(async () => {
        left = members.map(() => pings);
        pinged = members.map(() => 0);
        const all = ends.sum(BIG_ACTORS);
        for (const at of members.keys()) ping(at);
        await all;
        return pinged.reduce((sum, times) => sum + times);
      })
    );
  },

  spawn() {
    const greeted = new Tally();
    return Promise.resolve(async (count) => {
      const parent = actor<number>((n) => greeted.take(n));
      const run = await timed(() => {
        const sum = greeted.sum(count);
        for (let i = 0; i < count; i++) {
          const child = createActor(logic<number>((n) => tell(parent, n)), { parent }).start();
          tell(child, i);
        }
        return sum;
      });
      stop(parent);
      return run;
    });
  },

  memory() {
    const parent = actor<null>(() => {});
    const summing = fromTransition((sum: number, { message }: Event<number>) => sum + message, 0);
    return Promise.resolve((count) =>
      weighed(() => {
        for (let i = 0; i < count; i++) createActor(summing, { parent }).start();
        return Promise.resolve(count);
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
    for (let i = from; i < end; i++) tell(counter, message(i));
    if (end < count) tell(self, { from: end, count });
  });
  return Promise.resolve((count) =>
    timed(() => {
      const all = sum.sum(count);
      tell(sender, { from: 0, count });
      return all;
    })
  );
}

await drive((name) => CASES[name]?.());
