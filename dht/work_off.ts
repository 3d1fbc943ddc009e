/**
 * Does `work` for each item, so many at a time. Whatever becomes of one, the others have their turn.
 *
 * @param workers how many are worked on at once, from 1
 * @returns settles, and never rejects, when all are done
 */
export async function workOff<T>(
  items: Iterable<T>,
  workers: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const left = [...items].values();
  const worker = async () => {
    for (const item of left) {
      try {
        await work(item);
      } catch {
        // What fails is done again when it is due again.
      }
    }
  };
  await Promise.all(Array.from({ length: workers }, worker));
}
