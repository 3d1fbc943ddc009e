/** What {@link Clock.setTimer} returns and {@link Clock.clearTimer} takes. */
export type TimerId = number | ReturnType<typeof setTimeout>;

/** Time as the runtime sees it: monotonic milliseconds and one-shot timers. Tests drive a fake. */
export interface Clock {
  /** Milliseconds since an arbitrary start; never goes back. */
  now(): number;
  /** Calls `callback` once, `delayMs` from now at the earliest. */
  setTimer(callback: () => void, delayMs: number): TimerId;
  /** Cancels a timer; one that fired or never was is ignored. */
  clearTimer(id: TimerId): void;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  // Whole milliseconds: a fraction is cut off, and the timer would be early by it.
  setTimer: (callback, delayMs) => setTimeout(callback, Math.ceil(delayMs)),
  clearTimer: (id) => clearTimeout(id as ReturnType<typeof setTimeout>),
};
