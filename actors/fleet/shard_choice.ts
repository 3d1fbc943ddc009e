import type { Clock } from "../clock.ts";
import { SPAWN_DEADLINE_MS } from "../constants.ts";
import { EndedError, SpawnError } from "../errors.ts";
import type { Topology } from "../reports.ts";
import { isUserShard } from "./shard_names.ts";

interface Waiting {
  readonly name: string | undefined;
  readonly resolve: (shard: number) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Chooses the shards for new actors: those for users by turns, another by its name. Where the only
 * shards that fit are away, being started again or not answering, the choice waits for one of them.
 */
export class ShardChoice {
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiting>();
  #topology: Topology = { users: [], names: {}, away: [] };
  #nextUser = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Says which shards there are. */
  setTopology(topology: Topology): void {
    this.#topology = topology;
    for (const waiting of [...this.#waiting]) {
      try {
        const shard = this.#now(waiting.name);
        if (shard !== undefined) waiting.resolve(shard);
      } catch (error) {
        waiting.reject(error);
      }
    }
  }

  /**
   * The shard for an actor.
   *
   * @param name that of the shard it is to live in; one for users unless given
   * @throws {RangeError} when there is no shard of that name
   * @throws {SpawnError} when there is no shard for users
   * @throws {SpawnError} (rejects) when all that fit stay away for too long
   */
  choose(name: string | undefined): number | Promise<number> {
    return this.#now(name) ?? this.#later(name);
  }

  /** Ends all waiting. */
  close(): void {
    const stopped = new EndedError("the actor system has stopped", { reason: "shutdown" });
    for (const { reject } of [...this.#waiting]) reject(stopped);
  }

  /** The shard, if there is one now that answers; `undefined` when one that fits is away. */
  #now(name: string | undefined): number | undefined {
    const { users, names, away } = this.#topology;
    if (name === undefined) {
      const shard = users[this.#nextUser % Math.max(1, users.length)];
      if (shard !== undefined) this.#nextUser++;
      else if (!away.some(isUserShard)) {
        throw new SpawnError(
          `there is no shard for users: start the system with userShards of 1 or more, or spawn ` +
            `with placement "here"`,
        );
      }
      return shard;
    }
    if (away.includes(name)) return undefined;
    const shard = Object.hasOwn(names, name) ? names[name] : undefined;
    if (shard === undefined) {
      throw new RangeError(
        `there is no shard "${name}": there are ${Object.keys(names).join(", ")}`,
      );
    }
    return shard;
  }

  #later(name: string | undefined): Promise<number> {
    return new Promise((resolve, reject) => {
      const settle = <T>(how: (value: T) => void) => (value: T) => {
        this.#waiting.delete(waiting);
        this.#clock.clearTimer(timer);
        how(value);
      };
      const waiting: Waiting = { name, resolve: settle(resolve), reject: settle(reject) };
      const timer = this.#clock.setTimer(() => {
        const which = name === undefined ? "no shard for users" : `the shard "${name}" never`;
        waiting.reject(
          new SpawnError(
            `${which} was there within ${SPAWN_DEADLINE_MS} ms: it does not answer, or is being ` +
              `started again`,
          ),
        );
      }, SPAWN_DEADLINE_MS);
      this.#waiting.add(waiting);
    });
  }
}
