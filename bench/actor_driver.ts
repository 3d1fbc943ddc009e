/**
 * What the drivers of the group `actors` have in common: programs that run one case of one system,
 * in a process of its own, as often as they are told.
 *
 * @module
 */
import { type CaseName, isCaseName, type Order, type Ready, type Run } from "./actor_workload.ts";
import { orders, say, sayFailed } from "./far_side.ts";

/** Does the work of a case once. */
export type Work = (size: number) => Promise<Run>;

/** Thrown by a driver when its system turns out to lack the operation; the message says why. */
export class LacksError extends Error {
  override readonly name = "LacksError";
}

/**
 * Runs the case that the command line names, until there are no more orders, and ends the process.
 *
 * @param prepare Makes ready what the case needs; nothing for a case that the driver does not have.
 * @throws {RangeError} When there is no such case.
 */
export async function drive(
  prepare: (name: CaseName) => Promise<Work | undefined> | undefined,
): Promise<never> {
  const [name = ""] = Deno.args;
  if (!isCaseName(name)) throw new RangeError(`"${name}" is no case of the group actors`);
  let work: Work | undefined;
  try {
    work = await prepare(name);
  } catch (error) {
    if (!(error instanceof LacksError)) throw error;
    say({ lacks: error.message } satisfies Ready);
    Deno.exit();
  }
  if (!work) throw new RangeError(`this driver has no case "${name}"`);
  say({} satisfies Ready);
  for await (const { size } of orders<Order>()) {
    try {
      say(await work(size));
    } catch (error) {
      sayFailed(error);
    }
  }
  // What the case has made, 100,000 actors for one, goes with the process.
  Deno.exit();
}

/** Takes the time of work that comes to a number. */
export async function timed(work: () => Promise<number>): Promise<Run> {
  const from = performance.now();
  const answer = await work();
  return { ms: performance.now() - from, answer };
}

/**
 * Takes the memory of what is made: that of V8's heap and beside it after a collection, and that
 * of the process. Needs `--expose-gc`.
 *
 * @param make Returns how many there are; it must keep them alive.
 */
export async function weighed(make: () => Promise<number>): Promise<Run> {
  const before = collected();
  const run = await timed(make);
  const after = collected();
  return {
    ...run,
    heapBytes: after.heapUsed + after.external - before.heapUsed - before.external,
    rssBytes: after.rss - before.rss,
  };
}

function collected(): Deno.MemoryUsage {
  const { gc } = globalThis as { gc?: () => void };
  if (!gc) throw new Error("the collector is out of reach: start with --v8-flags=--expose-gc");
  gc();
  gc();
  return Deno.memoryUsage();
}
