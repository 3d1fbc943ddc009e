import type { ActorContext, Ref } from "../actors/mod.ts";
import {
  CRITICAL_PATHS,
  K,
  LOOKUP_DEADLINE_MS,
  MAX_LOOKUPS,
  MAX_WAITING_LOOKUPS,
  PATHS,
} from "./constants.ts";
import type { Exchange, LookupResult, LookupSpec, RoutingTable } from "./dht_inside.ts";
import { isCriticalName } from "./lookup.ts";
import lookupActor from "./lookup_actor.ts";
import { Turns } from "./turns.ts";

const NOTHING: LookupResult = { closest: [], hops: [], ms: 0, records: [], providers: [] };

/** Starts an actor for each lookup, so many at once. */
export class Lookups {
  readonly #ctx: ActorContext;
  readonly #self: string;
  readonly #open: boolean;
  readonly #table: Ref<RoutingTable>;
  readonly #exchange: Ref<Exchange>;
  readonly #turns = new Turns(MAX_LOOKUPS, MAX_WAITING_LOOKUPS);
  #count = 0;

  constructor(
    ctx: ActorContext,
    { self, open }: Pick<LookupSpec, "self" | "open">,
    table: Ref<RoutingTable>,
    exchange: Ref<Exchange>,
  ) {
    this.#ctx = ctx;
    this.#self = self;
    this.#open = open;
    this.#table = table;
    this.#exchange = exchange;
  }

  /** Lookups since the start. */
  get count(): number {
    return this.#count;
  }

  /**
   * Looks something up; without contacts nothing is found, at once.
   *
   * @param name the record's name, which decides on the number of paths; `null` for none
   * @throws {ActorError} `busy` when too many lookups wait already
   */
  run(
    want: LookupSpec["want"],
    target: Uint8Array,
    name: string | null = null,
  ): Promise<LookupResult> {
    return this.#turns.take(async () => {
      const contacts = await this.#table.ask.closest(target, K);
      if (contacts.length === 0) return NOTHING;
      this.#count++;
      const paths = name !== null && isCriticalName(name) ? CRITICAL_PATHS : PATHS;
      const spec = { self: this.#self, open: this.#open, target, want, paths };
      const lookup = await this.#ctx.spawn(lookupActor, {
        ...{ placement: "here", restart: "temporary", label: "lookup" },
        args: [spec, contacts, this.#exchange],
      });
      try {
        return await lookup.with({ deadlineMs: 2 * LOOKUP_DEADLINE_MS }).ask.run();
      } finally {
        void this.#ctx.stopChild(lookup);
      }
    });
  }
}
