import { LATE_MEMORY, MAX_IN_FLIGHT, MAX_QUEUED } from "./constants.ts";

/**
 * Requests to peers that are not answered yet: an answer counts only if it comes from the peer that
 * was asked, under the id that it was asked with. So much may be under way to one peer; the rest
 * waits its turn.
 *
 * @typeParam T what is kept of a request
 */
export class InFlight<T> {
  readonly #sent = new Map<number, { readonly peer: string; readonly request: T }>();
  readonly #byPeer = new Map<string, Set<number>>();
  readonly #queued = new Map<string, T[]>();
  readonly #late = new Set<number>();
  #nextId: number;

  /** @param firstId where ids start; a random one, so that nobody guesses those of others */
  constructor(firstId: number) {
    this.#nextId = firstId;
  }

  get size(): number {
    return this.#sent.size;
  }

  /**
   * Takes a request.
   *
   * @returns its id if it is to be sent now; `null` if it waits; `undefined` if too many do
   */
  add(peer: string, request: T): number | null | undefined {
    if ((this.#byPeer.get(peer)?.size ?? 0) < MAX_IN_FLIGHT) return this.#send(peer, request);
    const queued = this.#queued.get(peer) ?? [];
    if (queued.length >= MAX_QUEUED) return undefined;
    queued.push(request);
    this.#queued.set(peer, queued);
    return null;
  }

  /**
   * A peer has answered.
   *
   * @returns the request; `late` if it was given up before; `undefined` if nobody asked the peer
   */
  answered(peer: string, id: number): T | "late" | undefined {
    const sent = this.#sent.get(id);
    if (sent?.peer === peer) return this.#take(id, sent).request;
    return this.#late.delete(id) ? "late" : undefined;
  }

  /** Nobody waits for an answer any more; returns the request, if it was still under way. */
  overdue(id: number): T | undefined {
    const sent = this.#sent.get(id);
    if (!sent) return undefined;
    this.#late.add(id);
    if (this.#late.size > LATE_MEMORY) {
      const [oldest] = this.#late;
      if (oldest !== undefined) this.#late.delete(oldest);
    }
    return this.#take(id, sent).request;
  }

  /** The next request that waited for the peer and can be sent now, with its id. */
  next(peer: string): { readonly id: number; readonly request: T } | undefined {
    const queued = this.#queued.get(peer);
    if (!queued || (this.#byPeer.get(peer)?.size ?? 0) >= MAX_IN_FLIGHT) return undefined;
    const request = queued.shift() as T;
    if (queued.length === 0) this.#queued.delete(peer);
    return { id: this.#send(peer, request), request };
  }

  /** Takes all requests to a peer that are under way, and with `queued` those that wait too. */
  drop(peer: string, queued: boolean): T[] {
    const dropped = [...this.#byPeer.get(peer) ?? []].flatMap((id) => {
      const sent = this.#sent.get(id);
      return sent ? [this.#take(id, sent).request] : [];
    });
    if (!queued) return dropped;
    dropped.push(...this.#queued.get(peer) ?? []);
    this.#queued.delete(peer);
    return dropped;
  }

  #send(peer: string, request: T): number {
    const id = this.#nextId++;
    this.#sent.set(id, { peer, request });
    const ids = this.#byPeer.get(peer) ?? new Set();
    this.#byPeer.set(peer, ids.add(id));
    return id;
  }

  #take(id: number, sent: { readonly peer: string; readonly request: T }): { request: T } {
    this.#sent.delete(id);
    const ids = this.#byPeer.get(sent.peer);
    ids?.delete(id);
    if (ids?.size === 0) this.#byPeer.delete(sent.peer);
    return { request: sent.request };
  }
}
