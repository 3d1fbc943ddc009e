/**
 * What a command's exit code says.
 *
 * | code | meaning |
 * |---|---|
 * | 0 | done |
 * | 1 | failed |
 * | 2 | wrong use: an option, an address, a name, a configuration file |
 * | 3 | refused by policy: a node does not let another in |
 * | 4 | timed out |
 */
export const EXIT = { done: 0, failed: 1, wrongUse: 2, refused: 3, timedOut: 4 } as const;

/** One of {@linkcode EXIT}. */
export type ExitCode = typeof EXIT[keyof typeof EXIT];
