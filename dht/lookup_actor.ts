import { type ActorContext, type ActorDefinition, defineActor, type Ref } from "../actors/mod.ts";
import { LOOKUP_DEADLINE_MS, MAX_PROVIDERS_CHECKED, REQUEST_CEILING_MS } from "./constants.ts";
import { type Contact, parseAddress } from "./contact.ts";
import {
  type Answer,
  codeOf,
  type Exchange,
  later,
  type LookupActor,
  type LookupResult,
  type LookupSpec,
} from "./dht_inside.ts";
import { mayDial } from "./dialling_rules.ts";
import { keyText } from "./key.ts";
import { Lookup } from "./lookup.ts";
import type { Request } from "./messages.ts";
import { type ProviderRecord, readRecord, verifyRecord } from "./record.ts";
import { RecordError } from "./record_error.ts";

/** One lookup, from its start to its result. */
const lookupActor: ActorDefinition<
  [LookupSpec, readonly Contact[], Ref<Exchange>],
  LookupActor
> = defineActor(
  import.meta,
  (ctx, spec: LookupSpec, contacts: readonly Contact[], exchange: Ref<Exchange>) => {
    const state = new LookupState(ctx, spec, contacts, exchange);
    ctx.after(LOOKUP_DEADLINE_MS, "expire");
    return {
      run: () => later(ctx, () => state.run()),
      look: (at) => state.look(at),
      expire: () => state.expire(),
    };
  },
);
export default lookupActor;

class LookupState {
  readonly #ctx: ActorContext;
  readonly #spec: LookupSpec;
  readonly #key: string;
  readonly #request: Request;
  readonly #lookup: Lookup;
  readonly #exchange: Ref<Exchange>;
  readonly #records: { peer: string; bytes: Uint8Array }[] = [];
  readonly #providers = new Map<string, { record: ProviderRecord; addresses: Set<string> }>();
  readonly #done = Promise.withResolvers<LookupResult>();
  readonly #startedAt = performance.now();
  /** A moment that has come; what measures time may be a little behind what fires the timers. */
  #reached = 0;
  #nextLook: Disposable | undefined;
  #checked = 0;

  constructor(
    ctx: ActorContext,
    spec: LookupSpec,
    contacts: readonly Contact[],
    exchange: Ref<Exchange>,
  ) {
    this.#ctx = ctx;
    const { self, target, paths, want } = spec;
    this.#spec = spec;
    this.#key = keyText(target);
    this.#request = want === "nodes"
      ? { kind: "findNode", target }
      : { kind: want === "providers" ? "providers" : "get", key: target };
    this.#lookup = new Lookup({ target, self, contacts, paths });
    this.#exchange = exchange.with({ deadlineMs: REQUEST_CEILING_MS });
  }

  run(): Promise<LookupResult> {
    this.#proceed();
    return this.#done.promise;
  }

  look(at: number): void {
    this.#reached = at;
    this.#proceed();
  }

  /** It has taken too long: what there is must do. */
  expire(): void {
    this.#lookup.end();
    this.#finish();
  }

  #proceed(): void {
    const now = this.#now;
    for (const contact of this.#lookup.next(now)) {
      this.#exchange.ask.request(contact, this.#request)
        .then((answer) => this.#answered(contact.peer, answer))
        .catch((error) => this.#failed(contact.peer, codeOf(error)))
        .then(() => this.#proceed());
    }
    this.#nextLook?.[Symbol.dispose]();
    if (this.#lookup.done(now)) return this.#finish();
    const at = this.#lookup.nextAt(now);
    if (at !== undefined) this.#nextLook = this.#ctx.after(at - now, "look", at);
  }

  get #now(): number {
    return Math.max(performance.now(), this.#reached);
  }

  #answered(peer: string, { reply, host }: Answer): void {
    if (reply.kind === "refused") return this.#failed(peer, reply.code);
    try {
      if (reply.kind === "found" && reply.record) this.#found(peer, reply.record);
      if (reply.kind === "provided") {
        for (const record of reply.records) this.#provided(host, record);
      }
    } catch (error) {
      if (!(error instanceof RecordError)) throw error;
      // Whoever gives out what is no record is a liar, and so may be its contacts.
      this.#exchange.tell.rejected(error.code);
      return this.#failed(peer, error.code);
    }
    const contacts = "contacts" in reply ? reply.contacts : [];
    this.#lookup.answered(peer, contacts, this.#now);
  }

  #failed(peer: string, code: string): void {
    this.#lookup.failed(peer, code, this.#now);
  }

  #found(peer: string, bytes: Uint8Array): void {
    if (!this.#isFresh(() => verifyRecord(bytes, Date.now(), this.#key))) return;
    this.#records.push({ peer, bytes });
    if (this.#spec.want === "first") this.#lookup.end();
  }

  #provided(host: string, bytes: Uint8Array): void {
    const read = readRecord(bytes);
    if (read.kind !== "provider" || read.key !== this.#key) {
      throw new RecordError("wrong-key", `a record of key ${read.key} among those of ${this.#key}`);
    }
    let known = this.#providers.get(read.owner);
    if (!known || known.record.sequence < read.sequence) {
      if (++this.#checked > MAX_PROVIDERS_CHECKED) return;
      if (!this.#isFresh(() => verifyRecord(bytes, Date.now(), this.#key))) return;
      known = { record: read, addresses: new Set() };
      this.#providers.set(read.owner, known);
    }
    if (known.record.sequence !== read.sequence) return;
    for (const address of known.record.addresses) {
      if (mayDial(host, parseAddress(address), this.#spec.open)) known.addresses.add(address);
    }
  }

  /** False for a record whose time is over: its holder may be honest, and slow. */
  #isFresh(verify: () => unknown): boolean {
    try {
      verify();
      return true;
    } catch (error) {
      if (!(error instanceof RecordError) || error.code !== "expired") throw error;
      this.#exchange.tell.rejected(error.code);
      return false;
    }
  }

  #finish(): void {
    const providers = [...this.#providers.values()]
      .filter(({ record }) => !record.withdrawn)
      .map(({ record, addresses }) => ({ peer: record.owner, addresses: [...addresses] }));
    this.#done.resolve({
      ...{ closest: this.#lookup.closest, hops: this.#lookup.hops, providers },
      ...{ records: this.#records, ms: performance.now() - this.#startedAt },
    });
  }
}
