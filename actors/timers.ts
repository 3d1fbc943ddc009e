/** The timers of an actor: they tell it, and die with its incarnation. @module */
import { MAX_DELAY_MS } from "./constants.ts";
import type { Incarnation } from "./incarnation.ts";
import { NO_OPTIONS } from "./ref.ts";

/**
 * Tells the actor once.
 *
 * @throws {RangeError} for a delay that is no time
 * @throws {ValueError} for an argument outside of the domain of values
 */
export function startTimer(
  incarnation: Incarnation,
  delayMs: number,
  handler: string,
  args: unknown[],
): Disposable {
  if (!(delayMs >= 0 && delayMs <= MAX_DELAY_MS)) {
    throw new RangeError(`delayMs is ${delayMs}: give 0 to ${MAX_DELAY_MS} ms`);
  }
  const tell = teller(incarnation, handler, args);
  return incarnation.timer(delayMs, tell);
}

/**
 * Tells the actor again and again, at multiples of the period from now.
 *
 * @throws {RangeError} for a period that is no time
 * @throws {ValueError} for an argument outside of the domain of values
 */
export function startTicker(
  incarnation: Incarnation,
  periodMs: number,
  handler: string,
  args: unknown[],
): Disposable {
  if (!(periodMs >= 1 && periodMs <= MAX_DELAY_MS)) {
    throw new RangeError(`periodMs is ${periodMs}: give 1 to ${MAX_DELAY_MS} ms`);
  }
  const { clock } = incarnation.slot.kernel;
  const tell = teller(incarnation, handler, args);
  const start = clock.now();
  let ticks = 0;
  let timer: Disposable;
  const arm = () => {
    const elapsed = clock.now() - start;
    // The next multiple that lies ahead; a timer may fire a little before its time.
    ticks = Math.max(ticks + 1, Math.floor(elapsed / periodMs) + 1);
    timer = incarnation.timer(ticks * periodMs - elapsed, () => {
      arm();
      tell();
    });
  };
  arm();
  return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
}

/** Tells with a copy of the arguments as they are now, each time anew. */
function teller(incarnation: Incarnation, handler: string, args: unknown[]): () => void {
  const { slot } = incarnation;
  const copied = args.map((arg, i) => slot.localCopy(arg, `args[${i}]`, incarnation));
  return () => slot.kernel.post.tell(slot.address, handler, [...copied], incarnation, NO_OPTIONS);
}
