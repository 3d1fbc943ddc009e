import { defineActor } from "../../../actors/mod.ts";
import type { Echo } from "./echo.ts";

/** Asks an echo, one ask after the other, and replies with the sum of the replies. */
export default defineActor(import.meta, (_ctx, echo: Echo) => ({
  async sum(count: number): Promise<number> {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += await echo.ask.echo(i);
    return sum;
  },
  /** The same, with the time that each ask takes, in µs. */
  async timed(count: number): Promise<{ sum: number; latencies: number[] }> {
    let sum = 0;
    const latencies: number[] = [];
    for (let i = 0; i < count; i++) {
      const from = performance.now();
      sum += await echo.ask.echo(i);
      latencies.push((performance.now() - from) * 1_000);
    }
    return { sum, latencies };
  },
}));
