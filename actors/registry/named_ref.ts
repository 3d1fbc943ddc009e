import type { RefAddress } from "../../values/mod.ts";
import { type NameRoutes, nobody } from "./name_routes.ts";
import type { RefOptions, Target } from "../ref.ts";

/** What a sender waits for: nothing, room in the mailbox, or the reply. */
export type HeldKind = "tell" | "send" | "ask";

/** A message that was made and not sent. */
export interface Held<M> {
  readonly message: M;
  /** What its sender waits for; `undefined` for a tell. */
  readonly settled: Promise<unknown> | undefined;
}

/** How one sender sends: a kernel, on behalf of an incarnation or of nobody. */
export interface NamedSender<M> {
  tell(to: RefAddress, handler: string, args: unknown[], options: RefOptions): void;
  send(to: RefAddress, handler: string, args: unknown[], options: RefOptions): Promise<void>;
  ask(to: RefAddress, handler: string, args: unknown[], options: RefOptions): Promise<unknown>;
  stream(
    to: RefAddress,
    handler: string,
    args: unknown[],
    options: RefOptions,
  ): AsyncIterableIterator<unknown>;
  /** Who holds a name, by the registry's word. */
  lookUp(name: string): Promise<RefAddress | undefined>;
  /**
   * Makes a message that is sent later. Its arguments are copied now, its deadline runs and its
   * signal is heeded from now on, and it is its sender's whatever becomes of that.
   *
   * @returns the message; `undefined` where nothing is to be sent, for a sender that has ended
   * @throws whatever a tell throws, and a send or ask rejects with, before anything is sent
   */
  hold(
    kind: HeldKind,
    handler: string,
    args: unknown[],
    options: RefOptions,
  ): Held<M> | undefined;
}

/**
 * Where the messages of a ref to a name go: to whoever holds that name when they are sent, across
 * restarts and respawns. What is sent before that is known waits for it, in order, with asks'
 * deadlines running; what is sent to a name that nobody holds is a dead letter, and its send or ask
 * fails with an `EndedError` of reason `no-such-actor`.
 *
 * A named ref that is put into a message, monitored or compared stands for who holds the name at
 * that moment, as far as this shard knows: reading the address of one that is not known throws that
 * same error, and a message with it is a `ValueError`. Where the name is meant, pass the name.
 *
 * @param name the name, of which nothing is assumed
 * @param routes the shard's ways to names
 * @param sender who sends
 */
export function namedTarget<M>(
  name: string,
  routes: NameRoutes<M>,
  sender: NamedSender<M>,
): Target {
  const hold = (kind: HeldKind, handler: string, args: unknown[], options: RefOptions) => {
    const held = sender.hold(kind, handler, args, options);
    if (held) routes.route(name, held.message);
    return held?.settled;
  };
  return {
    label: `named "${name}"`,
    get address(): RefAddress {
      const address = routes.address(name);
      if (!address) throw nobody(name);
      return address;
    },
    tell(handler, args, options) {
      const to = routes.address(name);
      if (to) sender.tell(to, handler, args, options);
      else hold("tell", handler, args, options);
    },
    send(handler, args, options) {
      const to = routes.address(name);
      if (to) return sender.send(to, handler, args, options);
      return waitFor(() => hold("send", handler, args, options)) as Promise<void>;
    },
    ask(handler, args, options) {
      const to = routes.address(name);
      if (to) return sender.ask(to, handler, args, options);
      return waitFor(() => hold("ask", handler, args, options));
    },
    async *stream(handler, args, options) {
      const to = routes.address(name) ?? await sender.lookUp(name);
      if (!to) throw nobody(name);
      yield* sender.stream(to, handler, args, options);
    },
  };
}

async function waitFor(hold: () => Promise<unknown> | undefined): Promise<unknown> {
  return await hold();
}
