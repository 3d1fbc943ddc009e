/** As much of the Web Locks API as is used here; Deno has it, its types have not. */
interface Locks {
  request<T>(
    name: string,
    options: { readonly signal?: AbortSignal },
    held: () => Promise<T> | T,
  ): Promise<T>;
}

const { locks } = navigator as unknown as { readonly locks: Locks };

/** A name of a life line that nobody else uses: locks have names that a whole origin shares. */
export function lifeLineName(): string {
  return `macula-shard-${crypto.randomUUID()}`;
}

/**
 * Holds a life line for as long as this isolate lives; settles when it is held.
 *
 * A Worker that ends by itself tells nobody (Deno 2.9 has no event for it), but its locks are free
 * then, however it ended; and while it spins they are not.
 */
export function holdLifeLine(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const forEver = () => {
      resolve();
      return new Promise<void>(() => {});
    };
    locks.request(name, {}, forEver).catch(reject);
  });
}

/**
 * Waits for the end of the isolate that holds a life line.
 *
 * @param signal ends the wait
 * @returns whether that isolate has ended; false when the wait was ended
 */
export async function lifeLineCut(name: string, signal: AbortSignal): Promise<boolean> {
  try {
    return await locks.request(name, { signal }, () => true);
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}
