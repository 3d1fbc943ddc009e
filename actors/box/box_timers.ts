/** Timers inside of a box: on its own clock, and gone with it. @module */

/** Calls `tell` once. */
export function startTimer(delayMs: number, tell: () => void): Disposable {
  const id = setTimeout(tell, delayMs);
  return { [Symbol.dispose]: () => clearTimeout(id) };
}

/** Calls `tell` at multiples of the period from now; those that are overdue are one. */
export function startTicker(periodMs: number, tell: () => void): Disposable {
  const start = performance.now();
  let ticks = 0;
  let id: ReturnType<typeof setTimeout>;
  const arm = () => {
    const elapsed = performance.now() - start;
    // The next multiple that lies ahead; a timer may fire a little before its time.
    ticks = Math.max(ticks + 1, Math.floor(elapsed / periodMs) + 1);
    id = setTimeout(() => {
      arm();
      tell();
    }, ticks * periodMs - elapsed);
  };
  arm();
  return { [Symbol.dispose]: () => clearTimeout(id) };
}
