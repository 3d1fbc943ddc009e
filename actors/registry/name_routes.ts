import type { RefAddress } from "../../values/mod.ts";
import { EndedError, MailboxFullError } from "../errors.ts";
import { Ring } from "../ring.ts";

/** Messages of one shard that may wait while one name is looked up. */
export const MAX_HELD = 65_536;

/** What a kernel does with the messages that were held for a name. */
export interface HeldRouting<M> {
  /**
   * Asks the registry who holds the name: it must lead to {@link NameRoutes.told}, now or later,
   * with the holder or with `undefined`; and once more when the name is released.
   */
  lookUp(name: string): void;
  /** Sends a held message on. One whose asker has given up meanwhile is the kernel's to bury. */
  deliver(to: RefAddress, message: M): void;
  /** Counts a message that reaches nobody, and fails what its sender waits for with `error`. */
  bury(
    name: string,
    message: M,
    reason: "no-such-actor" | "mailbox-full",
    error: () => Error,
  ): void;
}

interface Route<M> {
  /** Who holds the name; `undefined` while that is being looked up. */
  address: RefAddress | undefined;
  readonly held: Ring<M>;
}

/**
 * One shard's ways to the actors that have names. A name is looked up when the first message goes
 * to it, and known from then on until the registry says that it is released. Messages that are sent
 * meanwhile are held, in one queue for each name, whoever sends them: so those of one sender stay in
 * order, through however many refs to the name it sends them.
 *
 * That nobody holds a name is never remembered, as the actor may be told of one who just took it
 * sooner than this shard is. After a name changed hands, messages may go to who held it before for
 * as long as the news is on its way; they fail as all do that go to one who has ended.
 */
export class NameRoutes<M> {
  readonly #routing: HeldRouting<M>;
  readonly #bound: number;
  readonly #routes = new Map<string, Route<M>>();

  /** @param bound messages that may wait for one name; {@link MAX_HELD} unless given */
  constructor(routing: HeldRouting<M>, bound: number = MAX_HELD) {
    this.#routing = routing;
    this.#bound = bound;
  }

  /** Who holds the name, if that is known and nothing waits to go there first. */
  address(name: string): RefAddress | undefined {
    const route = this.#routes.get(name);
    return route?.held.size === 0 ? route.address : undefined;
  }

  /** Sends a message to who holds the name, once that is known. */
  route(name: string, message: M): void {
    const known = this.address(name);
    if (known) return this.#routing.deliver(known, message);
    const route = this.#routes.get(name);
    if (route && route.held.size >= this.#bound) {
      return this.#routing.bury(name, message, "mailbox-full", () => full(name, this.#bound));
    }
    if (route) return route.held.push(message);
    const opened: Route<M> = { address: undefined, held: new Ring() };
    opened.held.push(message);
    this.#routes.set(name, opened);
    this.#routing.lookUp(name);
  }

  /** The registry says who holds a name now, or that nobody does. */
  told(name: string, address: RefAddress | undefined): void {
    const route = this.#routes.get(name);
    if (!route) return;
    // What is sent to a name that is free is looked up anew: what is held was sent before that.
    if (!address) this.#routes.delete(name);
    route.address = address;
    this.#empty(name, route);
  }

  /** Fails everything that is held; for a shard that closes. */
  close(): void {
    for (const name of [...this.#routes.keys()]) this.told(name, undefined);
  }

  /** Names that are known here, or being looked up. */
  get size(): number {
    return this.#routes.size;
  }

  #empty(name: string, route: Route<M>): void {
    for (let message = route.held.shift(); message !== undefined; message = route.held.shift()) {
      if (route.address) this.#routing.deliver(route.address, message);
      else this.#routing.bury(name, message, "no-such-actor", () => nobody(name));
    }
  }
}

function full(name: string, bound: number): Error {
  return new MailboxFullError(
    `${bound} messages wait until it is known who has the name "${name}": send more slowly`,
    { bound, name },
  );
}

/** Nobody holds the name. */
export function nobody(name: string): Error {
  return new EndedError(`no actor has the name "${name}": it has ended, or was not started yet`, {
    reason: "no-such-actor",
    name,
  });
}
