import type { Ref } from "../actors/mod.ts";
import type {
  Dht,
  DhtBucket,
  DhtLookup,
  DhtProvider,
  DhtRecord,
  DhtStats,
  DhtStored,
} from "../dht/mod.ts";
import { parsePattern, parseTopic } from "../names/mod.ts";
import { decodeValue, encodeValue, type Value } from "../values/mod.ts";
import { serverName, subscriberNames } from "./provider_names.ts";
import type { RealmIds } from "./realm_id.ts";

/** A record that was found in the DHT, its value decoded. */
export interface FoundRecord {
  readonly key: string;
  /** Id of the node that signed it; `null` for an immutable one. */
  readonly owner: string | null;
  /** `null` for an immutable one. */
  readonly name: string | null;
  /** Grows with every put; 0 for an immutable one. */
  readonly sequence: number;
  /** Ms since 1970, the owner's word; `Infinity` for an immutable one. */
  readonly validUntil: number;
  readonly value: Value;
}

/** How long a look-up may take, in milliseconds: hops one after the other, some of them silent. */
const LOOKUP_DEADLINE_MS = 15_000;

/**
 * A node's way to the DHT: records and look-ups.
 *
 * A **mutable** record stands under its owner's id and a name, is signed by its owner and replaced by
 * one with a higher sequence; an **immutable** one under the hash of its value. Whoever reads one
 * has it verified.
 */
export class NodeDht {
  readonly #dht: Ref<Dht>;
  readonly #nodeId: string;
  readonly #ids: RealmIds;

  constructor(dht: Ref<Dht>, nodeId: string, ids: RealmIds) {
    this.#dht = dht.with({ deadlineMs: LOOKUP_DEADLINE_MS });
    this.#nodeId = nodeId;
    this.#ids = ids;
  }

  /**
   * The newest valid record under a name.
   *
   * @param options.owner whose; this node's own unless named
   * @returns `undefined` when there is none, as far as the nodes closest to its key know
   */
  async get(
    name: string,
    options: { readonly owner?: string } = {},
  ): Promise<FoundRecord | undefined> {
    return found(await this.#dht.ask.get(options.owner ?? this.#nodeId, name));
  }

  /**
   * Puts a record under this node's own key.
   *
   * @param options.expected the sequence that it is to replace, 0 for none yet; any unless named
   * @throws {ActorError} `conflict` when another sequence is there
   * @throws {ValueError} when the value is outside the domain of values
   */
  put(
    name: string,
    value: unknown,
    options: { readonly expected?: number } = {},
  ): Promise<DhtStored> {
    return this.#dht.ask.put(name, encodeValue(value, "value"), options.expected ?? null);
  }

  /** The immutable value of a key. */
  async getValue(key: string): Promise<FoundRecord | undefined> {
    return found(await this.#dht.ask.getImmutable(key));
  }

  /** Puts a value under its own hash, which is the key that it is found by. */
  putValue(value: unknown): Promise<DhtStored> {
    return this.#dht.ask.putImmutable(encodeValue(value, "value"));
  }

  /**
   * Looks for the nodes closest to a place.
   *
   * @param target a node id, or a key, which has the same form
   */
  lookup(target: string): Promise<DhtLookup> {
    return this.#dht.ask.findNode(target);
  }

  /**
   * Who takes part in a topic or serves a procedure.
   *
   * @param name `topic/<realm>/<root>` or `proc/<realm>/<name>`, with this node's alias of the realm
   * @throws {SyntaxError} when it has another form
   */
  async providers(name: string): Promise<readonly DhtProvider[]> {
    return await this.#dht.ask.providers(this.#providerName(name));
  }

  /** The routing table. */
  table(): Promise<readonly DhtBucket[]> {
    return this.#dht.ask.table();
  }

  /** Counts, and where this node can be reached. */
  stats(): Promise<DhtStats> {
    return this.#dht.ask.stats();
  }

  #providerName(name: string): string {
    const [kind, ...rest] = name.split("/");
    const [alias = ""] = rest;
    const key = () => this.#ids.of(alias).toHex();
    if (kind === "proc") return serverName(key(), parseTopic(rest.join("/"), "procedure"));
    if (kind === "topic" && rest.length === 2) {
      return subscriberNames(key(), parsePattern(rest.join("/")))[0] as string;
    }
    throw new SyntaxError(
      `"${name.slice(0, 80)}" names no providers: write topic/<realm>/<first segment>, ` +
        `topic/<realm>/** or proc/<realm>/<name>`,
    );
  }
}

function found(record: DhtRecord | null): FoundRecord | undefined {
  if (!record) return undefined;
  return { ...record, value: decodeValue(record.value, "value") };
}
