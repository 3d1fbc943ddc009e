import { type ActorDefinition, defineActor } from "../actors/mod.ts";
import { LEASE_MS } from "./constants.ts";
import type { Held, Store, Verdict } from "./dht_inside.ts";
import { RecordError } from "./record_error.ts";
import { RecordStore, type StoredPlace } from "./record_store.ts";

/** Holds records, in memory; what it holds survives its restarts. */
const recordStore: ActorDefinition<[string], Store> = defineActor(
  import.meta,
  (ctx, self: string): Store => {
    const store = new RecordStore(self);
    store.restore(ctx.kept<StoredPlace[]>() ?? [], Date.now());
    ctx.keep(() => [...store.dump()]);
    return {
      put(record, from, expected): Verdict {
        try {
          store.put(record, Date.now(), from, expected);
          return { code: "ok", message: "" };
        } catch (error) {
          if (!(error instanceof RecordError)) throw error;
          return { code: error.code, message: error.message };
        }
      },
      get: (key) => store.get(key, Date.now())?.bytes ?? null,
      providers: (key) => store.providersOf(key, Date.now()).map(({ bytes }) => bytes),
      sequenceOf: (key) => store.sequenceOf(key),
      notRenewedFor(ms): Held[] {
        const now = Date.now();
        return [...store.all(now)]
          .filter(({ entry, lease }) => entry.kind !== "provider" && lease - LEASE_MS <= now - ms)
          .map(({ entry: { key, kind, bytes } }) => ({ key, kind, bytes }));
      },
      sweep: () => store.sweep(Date.now()),
      counts: () => ({ records: store.records, providers: store.providers }),
    };
  },
);
export default recordStore;
