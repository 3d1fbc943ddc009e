import { MAX_ANNOUNCEMENTS, MAX_PEER_REALMS } from "./constants.ts";

/** What one peer announces, counted: so many patterns and procedures, in so many realms. */
export class AnnouncementLimit {
  /** By realm, `s` and a pattern, or `p` and a procedure. */
  readonly #realms = new Map<string, Set<string>>();
  #size = 0;

  /** Counts an announcement; false when it is one too many, and then it is not counted. */
  admit(realmKey: string, kind: "s" | "p", what: string): boolean {
    let said = this.#realms.get(realmKey);
    if (!said && this.#realms.size >= MAX_PEER_REALMS) return false;
    if (!said) this.#realms.set(realmKey, said = new Set());
    const key = `${kind} ${what}`;
    if (said.has(key)) return true;
    if (this.#size >= MAX_ANNOUNCEMENTS) return false;
    said.add(key);
    this.#size++;
    return true;
  }

  /** An announcement was withdrawn; false when there was none. */
  withdraw(realmKey: string, kind: "s" | "p", what: string): boolean {
    const said = this.#realms.get(realmKey);
    if (!said?.delete(`${kind} ${what}`)) return false;
    this.#size--;
    if (said.size === 0) this.#realms.delete(realmKey);
    return true;
  }
}
