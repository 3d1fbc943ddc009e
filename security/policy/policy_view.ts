import { PolicyTable } from "./policy_table.ts";
import type { Resolution } from "./resolution.ts";
import type { PolicySnapshot } from "./snapshot.ts";

/** The tables of snapshots: views of one isolate that read one snapshot share its table. */
const tables = new WeakMap<PolicySnapshot, PolicyTable>();

/**
 * The policies as an actor sees them: the shard's copy of the newest snapshot, which is read without
 * a message, and a table of it that is made again only when there is another.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { loadPolicies, PolicyView } from "../mod.ts";
 *
 * const text = "realms:\n  lob: { app: libsodium }\n";
 * let snapshot = loadPolicies([], 1);
 * const view = new PolicyView(() => snapshot);
 * assert.equal(view.resolve("lob/orders").policy.app, "none");
 * snapshot = loadPolicies([{ path: "policies.yaml", text }], 2);
 * assert.equal(view.resolve("lob/orders").policy.app, "libsodium");
 * ```
 */
export class PolicyView {
  readonly #read: () => PolicySnapshot | undefined;
  #snapshot: PolicySnapshot | undefined;
  #table: PolicyTable | undefined;

  /**
   * @param read gives the newest snapshot, the same object as long as there is no other; `undefined`
   * before the resolver has published one
   */
  constructor(read: () => PolicySnapshot | undefined) {
    this.#read = read;
  }

  /**
   * Tells the policy of a topic or procedure; see `PolicyTable.resolve`.
   *
   * @throws {Error} when no policies were published yet: nothing is assumed in their place
   * @throws {PatternError} when the name is none
   * @throws {RangeError} when the application's name is none
   */
  resolve(name: string, application?: string): Resolution {
    return this.#current().resolve(name, application);
  }

  /**
   * Hashes the rules that bear on a realm; see `PolicyTable.policyHash`.
   *
   * @throws {Error} when no policies were published yet
   */
  policyHash(realm: string): Uint8Array {
    return this.#current().policyHash(realm);
  }

  #current(): PolicyTable {
    const snapshot = this.#read();
    if (snapshot === undefined) {
      throw new Error("no policies are published here yet: start the policy resolver first");
    }
    if (this.#table !== undefined && snapshot === this.#snapshot) return this.#table;
    let table = tables.get(snapshot);
    if (table === undefined) tables.set(snapshot, table = new PolicyTable(snapshot));
    this.#snapshot = snapshot;
    return this.#table = table;
  }
}
