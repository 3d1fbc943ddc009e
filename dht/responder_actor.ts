import { type ActorDefinition, defineActor, type Ref } from "../actors/mod.ts";
import type { HostPort } from "../transport/mod.ts";
import {
  K,
  MAX_ANSWER_RECORD_BYTES,
  MAX_PROBES,
  MAX_PROBES_A_MINUTE,
  PROBE_DEADLINE_MS,
} from "./constants.ts";
import { type Contact, parseAddress, sameAddress } from "./contact.ts";
import { type Asker, later, type Responder, type RoutingTable, type Store } from "./dht_inside.ts";
import type { DhtDialler } from "./dht_protocol.ts";
import { keyText } from "./key.ts";
import type { Reply, Request } from "./messages.ts";
import { type DhtEntry, readRecord } from "./record.ts";
import { RecordError } from "./record_error.ts";
import { ProbeQuota } from "./probe_quota.ts";
import { Turns } from "./turns.ts";

/** What the responder is started with. */
export type ResponderStart = {
  /** A client answers nobody: it is no part of the table that others look up in. */
  readonly mode: "server" | "client";
};

/** Answers what peers ask of this node. */
const responder: ActorDefinition<
  [ResponderStart, Ref<Store>, Ref<RoutingTable>, Ref<DhtDialler>],
  Responder
> = defineActor(
  import.meta,
  (
    ctx,
    { mode }: ResponderStart,
    store: Ref<Store>,
    table: Ref<RoutingTable>,
    dialler: Ref<DhtDialler>,
  ) => {
    const state = new ResponderState(store, table, dialler);
    return {
      answer: (asker, request) =>
        later(ctx, async () => mode === "client" ? IS_CLIENT : await state.answer(asker, request)),
    };
  },
);
export default responder;

const OK: Reply = { kind: "ok" };
const IS_CLIENT = refused("client", "this node only asks: do not ask it");

class ResponderState {
  readonly #store: Ref<Store>;
  readonly #table: Ref<RoutingTable>;
  readonly #dialler: Ref<DhtDialler>;
  readonly #quota = new ProbeQuota();
  readonly #probes = new Turns(MAX_PROBES, MAX_PROBES_A_MINUTE);

  constructor(store: Ref<Store>, table: Ref<RoutingTable>, dialler: Ref<DhtDialler>) {
    this.#store = store;
    this.#table = table;
    this.#dialler = dialler;
  }

  async answer(asker: Asker, request: Request): Promise<Reply> {
    switch (request.kind) {
      case "ping":
        return OK;
      case "findNode":
        return { kind: "nodes", contacts: await this.#closest(asker, request.target) };
      case "get": {
        const contacts = await this.#closest(asker, request.key);
        return { kind: "found", contacts, record: await this.#store.ask.get(keyText(request.key)) };
      }
      case "providers": {
        const contacts = await this.#closest(asker, request.key);
        const records = await this.#store.ask.providers(keyText(request.key));
        return { kind: "provided", contacts, records: fitting(records) };
      }
      case "store": {
        const { record, expected } = request;
        const fault = deliveryFault(asker, record);
        if (fault) return refused("not-owner", fault);
        const { code, message } = await this.#store.ask.put(record, asker.peer, expected);
        return code === "ok" ? OK : refused(code, message);
      }
      case "reachMe":
        return await this.#reach(asker, request);
    }
  }

  async #closest({ peer }: Asker, target: Uint8Array): Promise<readonly Contact[]> {
    const contacts = await this.#table.ask.closest(target, K + 1);
    return contacts.filter((contact) => contact.peer !== peer).slice(0, K);
  }

  async #reach({ peer, host, address }: Asker, { host: wanted, port }: HostPort): Promise<Reply> {
    // Anywhere else, and whoever asks could make this node knock at strangers' doors.
    if (wanted !== host) {
      return refused("wrong-host", `you are connected from ${host}: nobody is dialled elsewhere`);
    }
    if (address && sameAddress(address, { host, port })) return OK;
    if (!this.#quota.take(peer, performance.now())) {
      return refused("busy", "too many addresses are being tried: ask again in a minute");
    }
    try {
      const dialler = this.#dialler.with({ deadlineMs: PROBE_DEADLINE_MS });
      await this.#probes.take(() => dialler.ask.probe(peer, host, port));
      return OK;
    } catch (error) {
      return refused("unreachable", error instanceof Error ? error.message : String(error));
    }
  }
}

/**
 * What is wrong with who brings a record. Those of providers are taken from the provider itself alone,
 * and only if one of its addresses is where it is connected from: else one peer could have minted
 * owners crowd out the honest ones of a name, and aim whoever looks it up at strangers.
 */
function deliveryFault({ peer, host }: Asker, bytes: Uint8Array): string | undefined {
  let record: DhtEntry;
  try {
    record = readRecord(bytes);
  } catch (error) {
    if (error instanceof RecordError) return undefined; // the store says what is wrong with it
    throw error;
  }
  if (record.kind !== "provider") return undefined;
  if (record.owner !== peer) return "a provider record is taken from its owner alone";
  const near = record.addresses.length === 0 ||
    record.addresses.some((address) => parseAddress(address).host === host);
  return near ? undefined : `none of its addresses is ${host}, from where you are connected`;
}

function refused(code: string, message: string): Reply {
  return { kind: "refused", code, message };
}

/** As many records as an answer may have bytes of. */
function fitting(records: readonly Uint8Array[]): Uint8Array[] {
  let bytes = 0;
  return records.filter((record) => (bytes += record.length) <= MAX_ANSWER_RECORD_BYTES);
}
