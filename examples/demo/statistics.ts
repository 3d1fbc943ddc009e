/**
 * The station's statistics: an actor that subscribes to the readings and serves their summary.
 *
 * It lives in a shard, an isolate of its own. What it knows it keeps through a crash; what reaches
 * it meanwhile waits in its mailbox.
 *
 * @module
 */
import { defineActor, type Publication } from "@macula/mesh";
import { PATTERN, PROCEDURE } from "./constants.ts";
import { Ledger, type LedgerState, type Summary } from "./ledger.ts";

/** Who waits for a number of readings. */
interface Waiting {
  readonly count: number;
  resolve(): void;
}

export default defineActor(import.meta, async (ctx) => {
  const ledger = new Ledger(ctx.kept<LedgerState>());
  ctx.keep(() => ledger.state);
  let waiting: Waiting[] = [];
  await ctx.subscribe(PATTERN, "reading", { overflow: "wait" });
  await ctx.serve(PROCEDURE, "summary");
  return {
    /** A publication that matches the pattern. */
    reading(publication: Publication): void {
      const { payload } = publication;
      if (!isReading(payload)) {
        ctx.refuse(new TypeError(`${publication.topic}: a reading is { value, unit }`));
        return;
      }
      const { topic, publisher, incarnation, sequence } = publication;
      ledger.enter({ topic, publisher, incarnation, sequence, ...payload });
      const reached = waiting.filter(({ count }) => ledger.received >= count);
      if (reached.length === 0) return;
      waiting = waiting.filter((one) => !reached.includes(one));
      for (const { resolve } of reached) resolve();
    },
    /** What is known of the readings so far: the procedure. */
    summary(): Summary {
      return ledger.summary;
    },
    /** Replies when so many readings have come. */
    reached(count: number): void {
      const reply = ctx.deferReply();
      if (ledger.received >= count) reply.ok();
      else waiting.push({ count, resolve: () => reply.ok() });
    },
    /** Crashes, as a handler with a mistake in it would. */
    fail(): void {
      throw new Error("crashed on purpose, half-way through the demo");
    },
  };
});

function isReading(payload: unknown): payload is { value: number; unit: string } {
  if (typeof payload !== "object" || payload === null) return false;
  const { value, unit } = payload as { value?: unknown; unit?: unknown };
  return Number.isFinite(value) && typeof unit === "string";
}
