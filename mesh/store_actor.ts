import { join } from "node:path";
import { type ActorDefinition, defineActor, type KeptStore } from "../actors/mod.ts";
import { DATABASE_FILE, openNodeDatabase } from "./node_database.ts";

/**
 * The store: owns the node's database, of which it is the one writer, and keeps in it what actors
 * persist. It is started with the data folder, before any actor that persists.
 *
 * A state that cannot be written or read fails its asker and not the store: a disk that is full has
 * room again some day, and what is asked for next may well be whole.
 */
const store: ActorDefinition<[string], KeptStore> = defineActor(
  import.meta,
  (ctx, data: string): KeptStore => {
    const db = openNodeDatabase(data);
    ctx.onEnd(() => db.close());
    const select = db.prepare("SELECT state FROM kept WHERE name = ?");
    const upsert = db.prepare(
      `INSERT INTO kept(name, state, saved_ms) VALUES (?, ?, ?)
       ON CONFLICT(name) DO UPDATE SET state = excluded.state, saved_ms = excluded.saved_ms`,
    );

    /** Runs a statement for whoever asks, who gets the error with the place it comes from. */
    function attempt<T>(what: string, statement: () => T): T | undefined {
      const reply = ctx.deferReply();
      try {
        const result = statement();
        reply.ok(result);
        return result;
      } catch (error) {
        const words = (error as Error).message;
        reply.fail(new Error(`${join(data, DATABASE_FILE)}: ${what} failed: ${words}`));
        return undefined;
      }
    }

    return {
      load: (name) =>
        attempt(`loading "${name}"`, () => {
          return select.get(name)?.state as Uint8Array | undefined ?? null;
        }) ?? null,
      save: (name, state) => {
        attempt(`saving "${name}"`, () => void upsert.run(name, state, Date.now()));
      },
    };
  },
);
export default store;
