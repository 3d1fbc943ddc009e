import { defineActor } from "../../../actors/mod.ts";
import { CHUNK, KIB } from "../../actor_workload.ts";
import type { Counter } from "./counter.ts";

/** What a sender sends. */
export type Load = "numbers" | "readings" | "bytes";

/**
 * Tells a counter so many things, by the chunk. A mailbox is bounded, so it has no more than a few
 * chunks on their way, and sends the next one when it hears that one has been handled.
 */
export default defineActor(import.meta, (_ctx, counter: Counter, load: Load, window: number) => {
  const bytes = new Uint8Array(KIB);
  let next = 0;
  let count = 0;

  function chunk(): void {
    const end = Math.min(count, next + CHUNK);
    if (load === "numbers") {
      for (; next < end; next++) counter.tell.add(next);
    } else if (load === "readings") {
      for (; next < end; next++) {
        counter.tell.addReading({ id: next, name: "temperature", value: next });
      }
    } else {
      for (; next < end; next++) counter.tell.addBytes(bytes);
    }
  }

  return {
    /** Sends so many, the first chunks at once. */
    start(total: number): void {
      next = 0;
      count = total;
      for (let i = 0; i < window; i++) chunk();
    },
    /** The counter has handled one more chunk. */
    heard: (): void => chunk(),
  };
});
