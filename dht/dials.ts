import { ActorError, type Ref } from "../actors/mod.ts";
import { formatHostPort } from "../transport/mod.ts";
import { DIAL_DEADLINE_MS, MAX_DIALLING } from "./constants.ts";
import type { Contact } from "./contact.ts";
import type { DhtDialler } from "./dht_protocol.ts";
import type { Timers } from "./timers.ts";
import { Unreached } from "./unreached.ts";

/** What {@link Dials} has to know, and to tell. */
export interface DialsAround {
  /** Whether a peer is connected. */
  isUp(peer: string): boolean;
  /** A node was dialled in vain; not told again while it is not tried again. */
  failed(peer: string): void;
  /** Ms, of any origin. */
  now(): number;
}

/** Dials nodes until they are up: one attempt a node at a time, shared by all who want it. */
export class Dials {
  readonly #dialler: Ref<DhtDialler>;
  readonly #timers: Timers;
  readonly #around: DialsAround;
  readonly #attempts = new Map<string, Promise<void>>();
  readonly #waiting = new Map<string, () => void>();
  readonly #unreached = new Unreached();

  constructor(dialler: Ref<DhtDialler>, timers: Timers, around: DialsAround) {
    this.#dialler = dialler;
    this.#timers = timers;
    this.#around = around;
  }

  /** A peer is up, whoever dialled it. */
  up(peer: string): void {
    this.#unreached.up(peer);
    this.#waiting.get(peer)?.();
  }

  /**
   * Dials a node's addresses, one after the other, until it is up; those that failed within the last
   * minute are not tried again.
   *
   * @throws {ActorError} `unreachable`, saying what was tried, or `busy`
   */
  dial(contact: Contact): Promise<void> {
    const { peer, addresses } = contact;
    if (this.#around.isUp(peer)) return Promise.resolve();
    const running = this.#attempts.get(peer);
    // It may have been tried elsewhere than this contact says that it is.
    if (running) return running.catch(() => this.dial(contact));
    const { untried, ago } = this.#unreached.part(contact, this.#around.now());
    if (untried.length === 0) {
      const tried = addresses.map(formatHostPort).join(", ");
      const what = tried ? `${tried} failed ${(ago / 1_000).toFixed(1)} s ago` : NO_ADDRESS;
      return Promise.reject(unreachable(peer, what));
    }
    if (this.#attempts.size >= MAX_DIALLING) {
      const message = `${MAX_DIALLING} nodes are being dialled already`;
      return Promise.reject(new ActorError("busy", message));
    }
    const attempt = this.#dial({ peer, addresses: untried })
      .finally(() => this.#attempts.delete(peer));
    this.#attempts.set(peer, attempt);
    attempt.catch(() => this.#around.failed(peer));
    return attempt;
  }

  async #dial({ peer, addresses }: Contact): Promise<void> {
    const tried: string[] = [];
    // Each has its share of the time, lest a first that is silent leave none for the others.
    const deadlineMs = DIAL_DEADLINE_MS / addresses.length;
    for (const address of addresses) {
      try {
        await this.#untilUp(peer, address, deadlineMs);
        return;
      } catch (error) {
        if (this.#around.isUp(peer)) return;
        this.#unreached.add(peer, address, this.#around.now());
        tried.push(`${formatHostPort(address)} (${(error as Error).message})`);
      }
    }
    throw unreachable(peer, `tried ${tried.join(", ")}`);
  }

  /** Whoever owns the connection tells of it a little later than the dialler. */
  async #untilUp(
    peer: string,
    { host, port }: Contact["addresses"][number],
    deadlineMs: number,
  ): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.set(peer, resolve);
    using _timer = this.#timers.after(deadlineMs, () => {
      reject(new Error(`not up within ${deadlineMs} ms`));
    });
    // The dialler gives up later by itself; a connection that it makes meanwhile is welcome.
    this.#dialler.with({ deadlineMs: 2 * DIAL_DEADLINE_MS }).ask.dial(peer, host, port)
      .then(() => this.#around.isUp(peer) && resolve(), reject);
    try {
      await promise;
    } finally {
      this.#waiting.delete(peer);
    }
  }
}

const NO_ADDRESS = "no address of it is known";

function unreachable(peer: string, what: string): ActorError {
  return new ActorError("unreachable", `${peer} cannot be reached: ${what}`);
}
