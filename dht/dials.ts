import { ActorError, type Ref } from "../actors/mod.ts";
import { DIAL_DEADLINE_MS, MAX_DIALLING, PEER_UP_DEADLINE_MS } from "./constants.ts";
import type { Contact } from "./contact.ts";
import type { DhtDialler } from "./dht_protocol.ts";
import type { Timers } from "./timers.ts";
import { formatHostPort } from "../transport/mod.ts";

/** Dials nodes until they are up: one attempt a node at a time, shared by all who want it. */
export class Dials {
  readonly #dialler: Ref<DhtDialler>;
  readonly #timers: Timers;
  readonly #isUp: (peer: string) => boolean;
  readonly #attempts = new Map<string, Promise<void>>();
  readonly #waiting = new Map<string, () => void>();

  constructor(dialler: Ref<DhtDialler>, timers: Timers, isUp: (peer: string) => boolean) {
    this.#dialler = dialler;
    this.#timers = timers;
    this.#isUp = isUp;
  }

  /** A peer is up, whoever dialled it. */
  up(peer: string): void {
    this.#waiting.get(peer)?.();
  }

  /**
   * Dials a node's addresses, one after the other, until it is up.
   *
   * @throws {ActorError} `unreachable`, saying what was tried, or `busy`
   */
  dial(contact: Contact): Promise<void> {
    const { peer } = contact;
    const running = this.#attempts.get(peer);
    if (running) return running;
    if (this.#attempts.size >= MAX_DIALLING) {
      const message = `${MAX_DIALLING} nodes are being dialled already`;
      return Promise.reject(new ActorError("busy", message));
    }
    const attempt = this.#dial(contact).finally(() => this.#attempts.delete(peer));
    this.#attempts.set(peer, attempt);
    return attempt;
  }

  async #dial({ peer, addresses }: Contact): Promise<void> {
    const tried: string[] = [];
    for (const { host, port } of addresses) {
      try {
        await this.#dialler.with({ deadlineMs: DIAL_DEADLINE_MS }).ask.dial(peer, host, port);
        await this.#untilUp(peer);
        return;
      } catch (error) {
        if (this.#isUp(peer)) return;
        tried.push(`${formatHostPort({ host, port })} (${(error as Error).message})`);
      }
    }
    const what = tried.length > 0 ? `tried ${tried.join(", ")}` : "no address of it is known";
    throw new ActorError("unreachable", `${peer} cannot be reached: ${what}`);
  }

  /** Whoever owns the connection tells of it a little later than the dialler. */
  async #untilUp(peer: string): Promise<void> {
    if (this.#isUp(peer)) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.set(peer, resolve);
    using _timer = this.#timers.after(PEER_UP_DEADLINE_MS, () => {
      reject(new Error(`connected, but not up within ${PEER_UP_DEADLINE_MS} ms`));
    });
    try {
      await promise;
    } finally {
      this.#waiting.delete(peer);
    }
  }
}
