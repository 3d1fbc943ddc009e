import { join } from "node:path";

const FILE = "incarnation";

/**
 * The number of this start of a node: grows with every start, so that peers can tell what an
 * earlier start published from what this one does, even when the machine's clock was set back.
 *
 * @param data the node's data folder; `undefined` for a node that keeps nothing
 * @param now the present, ms since 1970
 * @throws {Error} when the file cannot be read or written, or holds no number
 */
export async function nextIncarnation(data: string | undefined, now: number): Promise<number> {
  if (data === undefined) return now;
  const path = join(data, FILE);
  const next = Math.max(now, await lastIncarnation(path) + 1);
  // Written aside, then renamed: whoever dies in between leaves the former number.
  const aside = `${path}.new`;
  await Deno.remove(aside).catch(() => {/* it is there only if a start was cut short */});
  // `createNew` follows no link that somebody may have left there.
  const file = await Deno.open(aside, { write: true, createNew: true, mode: 0o600 });
  try {
    await file.write(new TextEncoder().encode(`${next}\n`));
    await file.sync();
  } finally {
    file.close();
  }
  await Deno.rename(aside, path);
  return next;
}

async function lastIncarnation(path: string): Promise<number> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
  const last = Number(text.trim());
  if (!Number.isSafeInteger(last) || last < 0) {
    throw new RangeError(
      `${path} holds ${JSON.stringify(text.slice(0, 40))} instead of a number: if no other node ` +
        `uses this folder, delete the file`,
    );
  }
  return last;
}
