import { ALPHA, K, MAX_ASKED_PER_PATH, PATH_MEMORY, PATHS } from "./constants.ts";
import type { Contact } from "./contact.ts";
import { compareDistance, keyBytes } from "./key.ts";

/** How to look something up. */
export interface LookupOptions {
  /** The point whose closest nodes are wanted, 32 bytes. */
  readonly target: Uint8Array;
  /** This node's id, which is never asked. */
  readonly self: string;
  /** The contacts to start from. */
  readonly contacts: readonly Contact[];
  /** Disjoint paths; {@link PATHS} unless named. */
  readonly paths?: number;
}

/** One step of a lookup. */
export interface Hop {
  /** Which of the disjoint paths, from 0. */
  readonly path: number;
  /** How many nodes were asked in a row to learn of this one, from 0. */
  readonly depth: number;
  readonly peer: string;
  /** `ok`, or the code of what went wrong. */
  readonly outcome: string;
  /** Nodes in its answer. */
  readonly contacts: number;
  /** From question to answer. */
  readonly ms: number;
}

interface Candidate {
  readonly contact: Contact;
  readonly id: Uint8Array;
  readonly depth: number;
}

interface Asked extends Candidate {
  readonly path: number;
  readonly at: number;
  state: "asked" | "answered" | "failed";
}

/**
 * An iterative lookup (Kademlia, 2.3) over disjoint paths (S/Kademlia, 4.4), without any I/O: it
 * says whom to ask, and is told what came of it.
 *
 * The contacts that it starts from are dealt out to the paths. What a path learns stays on it, and
 * no node is asked twice, by whichever path: so a liar leads one path astray and not the others. A
 * path is done when the k closest nodes that it knows of have been asked; the lookup when every
 * path is. Its result is the k closest of all that answered.
 */
export class Lookup {
  readonly #target: Uint8Array;
  readonly #self: string;
  /** What each path knows and nobody was found dead of, closest first. */
  readonly #known: Candidate[][];
  readonly #inFlight: number[];
  readonly #askedBy: number[];
  readonly #asked = new Map<string, Asked>();
  /** Bytes of the ids met so far: most of what is told is told by everybody. */
  readonly #ids = new Map<string, Uint8Array>();
  readonly #hops: Hop[] = [];
  #ended = false;

  /** @throws {RangeError} when there is no path */
  constructor({ target, self, contacts, paths = PATHS }: LookupOptions) {
    if (!Number.isInteger(paths) || paths < 1) {
      throw new RangeError(`paths is ${paths}: a lookup has at least one`);
    }
    this.#target = target;
    this.#self = self;
    this.#known = Array.from({ length: paths }, () => []);
    this.#inFlight = this.#known.map(() => 0);
    this.#askedBy = this.#known.map(() => 0);
    const start = contacts
      .filter(({ peer }) => peer !== self)
      .map((contact) => ({ contact, id: this.#idOf(contact.peer), depth: 0 }))
      .sort((a, b) => this.#compare(a, b));
    for (const [i, candidate] of start.entries()) this.#learn(i % paths, candidate);
  }

  /** Whether nothing is left to ask or to wait for. */
  get done(): boolean {
    return this.#inFlight.every((count) => count === 0) && this.#nothingToAsk;
  }

  /** What has been asked and has answered or failed, in the order of the answers. */
  get hops(): readonly Hop[] {
    return this.#hops;
  }

  /** The closest nodes that answered, closest first, k at most. */
  get closest(): readonly Contact[] {
    return [...this.#asked.values()]
      .filter(({ state }) => state === "answered")
      .sort((a, b) => this.#compare(a, b))
      .slice(0, K)
      .map(({ contact }) => contact);
  }

  /**
   * Whom to ask now; from then on they count as asked.
   *
   * @param now ms, for the hops
   */
  next(now: number): Contact[] {
    const questions: Contact[] = [];
    for (const path of this.#known.keys()) {
      while ((this.#inFlight[path] ?? 0) < ALPHA) {
        const candidate = this.#candidateOf(path);
        if (!candidate) break;
        const asked: Asked = { ...candidate, path, at: now, state: "asked" };
        this.#asked.set(candidate.contact.peer, asked);
        this.#inFlight[path] = (this.#inFlight[path] ?? 0) + 1;
        this.#askedBy[path] = (this.#askedBy[path] ?? 0) + 1;
        questions.push(candidate.contact);
      }
    }
    return questions;
  }

  /**
   * A node has answered.
   *
   * @param contacts whom it told of; of these k are looked at, and those kept that are among the
   * closest that its path knows
   * @param now ms
   * @throws {RangeError} when it is not being asked
   */
  answered(peer: string, contacts: readonly Contact[], now: number): void {
    const asked = this.#settle(peer, "answered");
    this.#record(asked, "ok", contacts.length, now);
    for (const contact of contacts.slice(0, K)) {
      const candidate = { contact, id: this.#idOf(contact.peer), depth: asked.depth + 1 };
      this.#learn(asked.path, candidate);
    }
  }

  /**
   * A node could not be reached, did not answer, or answered what is no answer.
   *
   * @param code which of these
   * @param now ms
   * @throws {RangeError} when it is not being asked
   */
  failed(peer: string, code: string, now: number): void {
    const asked = this.#settle(peer, "failed");
    this.#record(asked, code, 0, now);
    for (const known of this.#known) {
      const at = known.findIndex(({ contact }) => contact.peer === peer);
      if (at >= 0) known.splice(at, 1);
    }
  }

  /** Asks nobody any more: what was looked for is found. */
  end(): void {
    this.#ended = true;
  }

  get #nothingToAsk(): boolean {
    return this.#known.every((_known, path) => this.#candidateOf(path) === undefined);
  }

  /** The closest node that the path should ask, if any of its k closest is left. */
  #candidateOf(path: number): Candidate | undefined {
    if (this.#ended || (this.#askedBy[path] ?? 0) >= MAX_ASKED_PER_PATH) return undefined;
    const known = this.#known[path] ?? [];
    return known.slice(0, K).find(({ contact }) => !this.#asked.has(contact.peer));
  }

  #learn(path: number, candidate: Candidate): void {
    const { peer } = candidate.contact;
    if (peer === this.#self || this.#asked.get(peer)?.state === "failed") return;
    const known = this.#known[path] ?? [];
    let at = 0;
    for (; at < known.length; at++) {
      const order = this.#compare(known[at] as Candidate, candidate);
      if (order === 0) return;
      if (order > 0) break;
    }
    known.splice(at, 0, candidate);
    if (known.length > PATH_MEMORY) known.pop();
  }

  #settle(peer: string, state: "answered" | "failed"): Asked {
    const asked = this.#asked.get(peer);
    if (asked?.state !== "asked") throw new RangeError(`${peer} is not being asked`);
    asked.state = state;
    this.#inFlight[asked.path] = (this.#inFlight[asked.path] ?? 0) - 1;
    return asked;
  }

  #record({ path, depth, contact: { peer }, at }: Asked, outcome: string, n: number, now: number) {
    this.#hops.push({ path, depth, peer, outcome, contacts: n, ms: now - at });
  }

  #idOf(peer: string): Uint8Array {
    let id = this.#ids.get(peer);
    if (!id) this.#ids.set(peer, id = keyBytes(peer));
    return id;
  }

  #compare(a: Candidate, b: Candidate): number {
    return compareDistance(this.#target, a.id, b.id);
  }
}

/**
 * Whether a lie about a record of this name would cost most: those of keys, policies, revocations
 * and authorities. They are looked up over more paths, and an owner's two words fail closed.
 */
export function isCriticalName(name: string): boolean {
  return name === "key" || name === "revocation" || name === "ca" || name.startsWith("policy/");
}
