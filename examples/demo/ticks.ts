/** Time as {@linkcode ticks} needs it. */
export interface TickClock {
  /** Milliseconds from any fixed point; never goes back. */
  now(): number;
  /** Settles after so many milliseconds, 0 or more, or rejects when aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The machine's time. */
export const machineClock: TickClock = {
  now: () => performance.now(),
  sleep(ms, signal) {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const abort = () => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener("abort", abort);
        resolve();
      }, ms);
      signal.addEventListener("abort", abort, { once: true });
    });
  },
};

/** When {@linkcode ticks} ticks. */
export interface Rhythm {
  /** Milliseconds between two ticks, above 0. */
  readonly periodMs: number;
  /** How many ticks there are; without end unless named. */
  readonly count?: number;
  /** Milliseconds before the first; 0 unless named. */
  readonly firstMs?: number;
}

/**
 * Ticks without drift: each is due at a time reckoned from the start, not from the tick before. One
 * that is late is followed at once by those that were due meanwhile, so none is left out.
 *
 * @returns the numbers of the ticks, from 0; it ends early, and quietly, when aborted
 */
export async function* ticks(
  { periodMs, count = Infinity, firstMs = 0 }: Rhythm,
  signal: AbortSignal,
  clock: TickClock = machineClock,
): AsyncGenerator<number> {
  const start = clock.now() + firstMs;
  for (let i = 0; i < count && !signal.aborted; i++) {
    const wait = start + i * periodMs - clock.now();
    if (wait > 0) {
      try {
        await clock.sleep(wait, signal);
      } catch (error) {
        if (signal.aborted) return;
        throw error;
      }
    }
    yield i;
  }
}
