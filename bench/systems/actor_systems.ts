/**
 * The systems of the group `actors`. Each runs a case in a process of its own, so that none warms
 * or fills another's heap.
 *
 * @module
 */
import type { CaseName, Order, Ready, Run } from "../actor_workload.ts";
import { SecondProcess } from "../second_process.ts";

/** A system of actors, as far as the group knows it. */
export interface ActorSystemUnderTest {
  readonly name: string;
  /** The part of a full run's work that it does, where the whole would take minutes. */
  readonly parts?: Partial<Record<CaseName, number>>;
  /** What a reader must know of its cases before comparing. */
  readonly notes: Partial<Record<CaseName, string>>;
  /** Cases of which it has no operation, and why. */
  readonly lacks: Partial<Record<CaseName, string>>;
  /** Starts a process that has made a case ready. */
  start(name: CaseName): Promise<ActorProcess>;
}

/** A process that runs one case of one system. */
export class ActorProcess implements AsyncDisposable {
  readonly #process: SecondProcess;
  /** Why the system has no such operation, if it has not. */
  readonly lacks: string | undefined;

  private constructor(process: SecondProcess, lacks: string | undefined) {
    this.#process = process;
    this.lacks = lacks;
  }

  /** Starts a driver that is a Deno program. */
  static async deno(driver: URL, name: CaseName): Promise<ActorProcess> {
    const { process, ready } = await SecondProcess.start<Ready>(driver, [name], {
      ...(name === "memory" && { v8Flags: ["--expose-gc"] }),
      mayRun: name === "process-ask",
    });
    return new ActorProcess(process, ready.lacks);
  }

  /** Starts a driver that is any other program. */
  static async program(program: string, args: readonly string[]): Promise<ActorProcess> {
    const { process, ready } = await SecondProcess.startProgram<Ready>(program, args);
    return new ActorProcess(process, ready.lacks);
  }

  /** Does the work once. */
  run(size: number): Promise<Run> {
    return this.#process.ask<Run>({ size } satisfies Order);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]();
  }
}

/** A system whose driver is a Deno program beside this module. */
function inDeno(
  driver: string,
  system: Omit<ActorSystemUnderTest, "start">,
): ActorSystemUnderTest {
  const url = new URL(driver, import.meta.url);
  return { ...system, start: (name) => ActorProcess.deno(url, name) };
}

const ONE_ISOLATE = "its actors live in one isolate";
/** What the peers in JavaScript lack, since they have no places but one. */
const lacksPlaces = {
  "xshard-tell": ONE_ISOLATE,
  "xshard-ask": ONE_ISOLATE,
  "process-ask": ONE_ISOLATE,
  timers: "its actors have no timers of their own",
} as const;

/** The actors of this repository. */
export const macula: ActorSystemUnderTest = inDeno("./macula_actors_far.ts", {
  name: "macula",
  notes: {
    "count-1k": "the bytes are copied",
    restart: "what waits in the mailbox stays there",
    timers: "how late a tick every 5 ms is while two actors of its shard play ping-pong",
  },
  lacks: {},
});

/** nact: every message is a macrotask of its own. */
export const nact: ActorSystemUnderTest = inDeno("./nact_far.ts", {
  name: "nact",
  parts: {
    ...{ count: 0.1, "count-object": 0.1, "count-1k": 0.1 },
    ...{ pingpong: 0.1, ask: 0.1, threadring: 0.1, big: 0.1, skynet: 0.1 },
  },
  notes: {
    "count-object": "the receiver gets the sender's object, not a copy",
    "count-1k": "the receiver gets the sender's bytes, not a copy",
    forkjoin: "spawned from outside: an actor lists its children for each of its messages",
    spawn: "spawned from outside: an actor lists its children for each of its messages",
    skynet: "a tenth of the leaves: a million take it more than a minute",
    restart: "the state is made anew, the actor is not; what waits in the mailbox stays there",
  },
  lacks: lacksPlaces,
});

const SYNCHRONOUS = "a message to an idle actor is a call of its function, at once";

/** XState: actors that handle what they are sent before `send` returns, unless they are busy. */
export const xstate: ActorSystemUnderTest = inDeno("./xstate_far.ts", {
  name: "xstate",
  notes: {
    count: SYNCHRONOUS,
    "count-object": `${SYNCHRONOUS}; it gets the sender's object, not a copy`,
    "count-1k": `${SYNCHRONOUS}; it gets the sender's bytes, not a copy`,
    pingpong: SYNCHRONOUS,
    threadring: SYNCHRONOUS,
    big: SYNCHRONOUS,
    forkjoin: `${SYNCHRONOUS}; one actor lives at a time, each in a system of its own`,
    skynet: `${SYNCHRONOUS}; depth first, each actor in a system of its own`,
    spawn: SYNCHRONOUS,
  },
  lacks: {
    ...lacksPlaces,
    ask: "its actors do not reply",
    restart: "nothing restarts an actor that has failed",
  },
});

/** A port between two Workers, without actors: the floor of what crosses from shard to shard. */
export const raw: ActorSystemUnderTest = inDeno("./raw_port_far.ts", {
  name: "raw",
  notes: {
    "xshard-tell": "no actors: numbers in arrays of 1,000, one post each",
    "xshard-ask": "no actors: a number there and back",
    xport: "no actors: a number there and back",
  },
  lacks: {},
});
