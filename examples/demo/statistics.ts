/**
 * The station's statistics: an actor that subscribes to the readings and serves their summary.
 *
 * It lives in a shard, an isolate of its own. What it knows it keeps through a crash; what reaches
 * it meanwhile waits in its mailbox. It also saves what it knows, soon after each reading, so that
 * the process may be killed: what was not saved then is part of what is missing.
 *
 * @module
 */
import { defineActor, type Publication } from "@macula/mesh";
import { PATTERN, PROCEDURE, SAVE_AFTER_MS } from "./constants.ts";
import { Ledger, type LedgerState, type Summary } from "./ledger.ts";

/** Who waits for a reading. */
interface Waiting {
  readonly n: number;
  resolve(): void;
}

export default defineActor(import.meta, async (ctx, station: string) => {
  const ledger = new Ledger(ctx.kept<LedgerState>());
  ctx.keep(() => ledger.state);
  let waiting: Waiting[] = [];
  let saveIsDue = false;
  await ctx.subscribe(PATTERN, "reading", { overflow: "wait" });
  await ctx.serve(PROCEDURE, "summary");
  return {
    /** A publication that matches the pattern. */
    reading(publication: Publication): void {
      const { payload } = publication;
      if (!isReading(payload)) {
        ctx.refuse(new TypeError(`${publication.topic}: a reading is { value, unit, n }`));
        return;
      }
      const { topic, publisher, incarnation, sequence } = publication;
      ledger.enter({ topic, publisher, incarnation, sequence, ...payload });
      if (!saveIsDue) ctx.after(SAVE_AFTER_MS, "save");
      saveIsDue = true;
      const there = waiting.filter(({ n }) => n <= ledger.highest);
      if (there.length === 0) return;
      waiting = waiting.filter((one) => !there.includes(one));
      for (const { resolve } of there) resolve();
    },
    /** Saves what is known. */
    save(): void {
      saveIsDue = false;
      void ctx.save(); // not waited for: readings go on; if it fails, that is reported
    },
    /** What is known of the readings so far, and who says so: the procedure. */
    summary(): Summary & { readonly by: string } {
      return { by: station, ...ledger.summary };
    },
    /** Replies when a reading with this number, or a later one, has come. */
    reached(n: number): void {
      const reply = ctx.deferReply();
      if (n <= ledger.highest) reply.ok();
      else waiting.push({ n, resolve: () => reply.ok() });
    },
    /** Crashes, as a handler with a mistake in it would. */
    fail(): void {
      throw new Error("crashed on purpose, in the middle of the demo");
    },
  };
});

function isReading(payload: unknown): payload is { value: number; unit: string; n: number } {
  if (typeof payload !== "object" || payload === null) return false;
  const { value, unit, n } = payload as { value?: unknown; unit?: unknown; n?: unknown };
  return Number.isFinite(value) && typeof unit === "string" && Number.isSafeInteger(n) &&
    (n as number) > 0;
}
