import { formatHostPort } from "../transport/mod.ts";
import {
  ALPHA,
  K,
  LOOKUP_PATIENCE_MS,
  MAX_ASKED_PER_PATH,
  MAX_PLACES,
  PATH_MEMORY,
  PATHS,
  SLOW_MS,
} from "./constants.ts";
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
export type DhtHop = {
  /** Which of the disjoint paths, from 0. */
  readonly path: number;
  /** How many nodes were asked in a row to learn of this one, from 0. */
  readonly depth: number;
  readonly peer: string;
  /** `ok`, or the code of what went wrong: `timeout`, `unreachable`, `bad-reply` … */
  readonly outcome: string;
  /** Nodes in its answer. */
  readonly contacts: number;
  /** From question to answer. */
  readonly ms: number;
};

interface Candidate {
  readonly contact: Contact;
  readonly id: Uint8Array;
  readonly depth: number;
}

interface Asked extends Candidate {
  readonly path: number;
  readonly at: number;
  state: "asked" | "answered" | "failed";
  /** Where it was looked for in vain, on whatever path. */
  readonly elsewhere: Set<string>;
}

/**
 * Whether a node that could not be reached may be tried at another place, which another path was told
 * of: {@link MAX_PLACES} in all, as whoever tells may lie.
 */
function isElsewhere({ state, elsewhere }: Asked, { addresses }: Contact): boolean {
  return state === "failed" && elsewhere.size > 0 && elsewhere.size < MAX_PLACES &&
    addresses.some((address) => !elsewhere.has(formatHostPort(address)));
}

/**
 * An iterative lookup (Kademlia, 2.3) over disjoint paths (S/Kademlia, 4.4), without any I/O: it
 * says whom to ask, and is told what came of it.
 *
 * The contacts that it starts from are dealt out to the paths. What a path learns stays on it, and
 * no node is asked twice, by whichever path, unless it could not be reached where one path was told
 * and another was told of another place: so a liar leads one path astray and not the others. A
 * path is done when the k closest nodes that it knows of have been asked; the lookup when every
 * path is. Its result is the k closest of all that answered.
 *
 * Whoever is slow holds nobody up: after {@link SLOW_MS} without an answer another is asked in its
 * place, and when only the slow are left they have {@link LOOKUP_PATIENCE_MS} from the last answer.
 * What a slow one answers before that counts like any other answer.
 */
export class Lookup {
  readonly #target: Uint8Array;
  readonly #self: string;
  /** What each path knows and nobody was found dead of, closest first. */
  readonly #known: Candidate[][];
  readonly #askedBy: number[];
  readonly #asked = new Map<string, Asked>();
  /** Bytes of the ids met so far: most of what is told is told by everybody. */
  readonly #ids = new Map<string, Uint8Array>();
  /** Those that have neither answered nor failed. */
  readonly #waiting = new Set<Asked>();
  readonly #hops: DhtHop[] = [];
  /** When somebody answered last, or the first was asked; ms. */
  #heardAt: number | undefined;
  #ended = false;

  /** @throws {RangeError} when there is no path */
  constructor({ target, self, contacts, paths = PATHS }: LookupOptions) {
    if (!Number.isInteger(paths) || paths < 1) {
      throw new RangeError(`paths is ${paths}: a lookup has at least one`);
    }
    this.#target = target;
    this.#self = self;
    this.#known = Array.from({ length: paths }, () => []);
    this.#askedBy = this.#known.map(() => 0);
    const start = contacts
      .filter(({ peer }) => peer !== self)
      .map((contact) => ({ contact, id: this.#idOf(contact.peer), depth: 0 }))
      .sort((a, b) => this.#compare(a, b));
    for (const [i, candidate] of start.entries()) this.#learn(i % paths, candidate);
  }

  /**
   * Whether nothing is left to ask or to wait for.
   *
   * @param now ms
   */
  done(now: number): boolean {
    if (this.#ended) return true;
    if (!this.#nothingToAsk) return false;
    if (this.#waiting.size === 0) return true;
    return now >= this.#patientUntil && this.#inFlight(now).length === 0;
  }

  /**
   * When to look again whether somebody is to be asked, or it is done, if nobody answers before;
   * `undefined` when only an answer can change that. Ask {@link next} and {@link done} first.
   *
   * @param now ms
   */
  nextAt(now: number): number | undefined {
    if (this.#ended || this.#waiting.size === 0) return undefined;
    const fresh = this.#inFlight(now).map(({ at }) => at + SLOW_MS);
    return fresh.length > 0 ? Math.min(...fresh) : this.#patientUntil;
  }

  /** What has been asked and has answered or failed, in the order of the answers. */
  get hops(): readonly DhtHop[] {
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
   * @param now ms
   */
  next(now: number): Contact[] {
    const questions: Contact[] = [];
    this.#heardAt ??= now;
    const inFlight = this.#inFlight(now);
    for (const path of this.#known.keys()) {
      let places = ALPHA - inFlight.filter((asked) => asked.path === path).length;
      while (places-- > 0) {
        const candidate = this.#candidateOf(path);
        if (!candidate) break;
        const elsewhere = this.#asked.get(candidate.contact.peer)?.elsewhere ?? new Set<string>();
        const asked: Asked = { ...candidate, path, at: now, state: "asked", elsewhere };
        this.#asked.set(candidate.contact.peer, asked);
        this.#waiting.add(asked);
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
    this.#heardAt = now;
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
    // Who said where it is may have lied: then another path, which knows another place, may try it.
    if (code === "unreachable") {
      for (const address of asked.contact.addresses) asked.elsewhere.add(formatHostPort(address));
    }
    for (const known of this.#known) {
      const at = known.findIndex(({ contact }) => contact.peer === peer);
      if (at >= 0 && !isElsewhere(asked, (known[at] as Candidate).contact)) known.splice(at, 1);
    }
  }

  /** Asks nobody any more, and waits for nobody: what was looked for is found. */
  end(): void {
    this.#ended = true;
  }

  /** Until when the slow are waited for; ms. */
  get #patientUntil(): number {
    return (this.#heardAt ?? -Infinity) + LOOKUP_PATIENCE_MS;
  }

  /** Those that are waited for and are not slow yet. */
  #inFlight(now: number): readonly Asked[] {
    return [...this.#waiting].filter(({ at }) => now < at + SLOW_MS);
  }

  get #nothingToAsk(): boolean {
    return this.#known.every((_known, path) => this.#candidateOf(path) === undefined);
  }

  /** The closest node that the path should ask, if any of its k closest is left. */
  #candidateOf(path: number): Candidate | undefined {
    if (this.#ended || (this.#askedBy[path] ?? 0) >= MAX_ASKED_PER_PATH) return undefined;
    const known = this.#known[path] ?? [];
    return known.slice(0, K).find(({ contact }) => {
      const asked = this.#asked.get(contact.peer);
      return !asked || isElsewhere(asked, contact);
    });
  }

  #learn(path: number, candidate: Candidate): void {
    const { peer } = candidate.contact;
    const asked = this.#asked.get(peer);
    if (peer === this.#self) return;
    if (asked?.state === "failed" && !isElsewhere(asked, candidate.contact)) return;
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
    this.#waiting.delete(asked);
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
