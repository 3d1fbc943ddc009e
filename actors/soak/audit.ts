import type { DeadLetterSummary } from "../mod.ts";
import type { Entry } from "./journal.ts";

/** What became of the messages of a run. */
export interface Tally {
  readonly sent: number;
  readonly handled: number;
  /** Dead letters by reason, those without a number (of timers) too. */
  readonly dead: { readonly [reason: string]: number };
  /** Messages with numbers that were lost with a shard: on their way to or from it, or in it. */
  readonly lost: number;
  /** Sends, asks and streams that were settled. */
  readonly settled: number;
  /** Those whose sender was lost with its shard, and the promise with it. */
  readonly orphaned: number;
}

/** What an audit found. */
export interface Audit {
  readonly tally: Tally;
  /** What does not balance, in words; empty when all does. */
  readonly problems: readonly string[];
}

/** What is known of one message. */
class Fate {
  sent = 0;
  waits = false;
  handled = 0;
  returned = 0;
  readonly dead: string[] = [];
  settled = 0;
  /** It was refused to its sender, who would have asked itself. */
  unsent = false;
}

/**
 * Balances the books of a run that has come to rest: the journal, in which each message is taken
 * down by its number, against what the kernels have counted.
 *
 * @param isLost whether a shard, by its number, was lost
 */
export function audit(
  entries: readonly Entry[],
  counted: Omit<DeadLetterSummary, "last">,
  isLost: (shard: number) => boolean,
): Audit {
  const problems: string[] = [];
  const dead: { [reason: string]: number } = {};
  const fates = new Map<string, Fate>();
  for (const { deed, number, word } of entries) {
    if (deed === "dead") dead[word] = (dead[word] ?? 0) + 1;
    if (number === "") continue;
    let fate = fates.get(number);
    if (!fate) fates.set(number, fate = new Fate());
    if (deed === "dead") fate.dead.push(word);
    else fate[deed]++;
    if (deed === "settled" && word === "self-ask") fate.unsent = true;
    if (deed === "sent") fate.waits = word !== "tell";
  }
  let [handled, lost, settled, orphaned] = [0, 0, 0, 0];
  for (const [number, fate] of fates) {
    const wrong = faultOf(fate);
    if (wrong) problems.push(`${number} ${wrong}: ${JSON.stringify(fate)}`);
    if (fate.dead.length === 0 && !fate.unsent) {
      if (fate.handled + fate.returned > 0) handled++;
      else lost++;
    }
    if (!fate.waits) continue;
    if (fate.settled > 0) settled++;
    else if (isLost(shardOf(number))) orphaned++;
    else problems.push(`${number} was never settled: ${JSON.stringify(fate)}`);
  }
  const expected: { [reason: string]: number } = { ...dead };
  if (lost > 0) expected["shard-lost"] = (expected["shard-lost"] ?? 0) + lost;
  for (const reason of new Set([...Object.keys(expected), ...Object.keys(counted.byReason)])) {
    const [is, due] = [countOf(counted.byReason, reason), countOf(expected, reason)];
    if (is !== due) problems.push(`${is} dead letters are counted as "${reason}", and ${due} are`);
  }
  return { tally: { sent: fates.size, handled, dead, lost, settled, orphaned }, problems };
}

/** What cannot be, of one message. */
function faultOf({ sent, waits, handled, returned, dead, settled }: Fate): string | undefined {
  if (sent !== 1) return `was sent ${sent} times`;
  if (handled + returned > 1) return "was handled twice";
  if (dead.length > 1) return "was buried twice";
  if (dead.length === 1 && handled === 1) return "was handled and buried";
  if (settled > (waits ? 1 : 0)) return "was settled too often";
  return undefined;
}

function shardOf(number: string): number {
  return Number(number.slice(0, number.indexOf(".")));
}

function countOf(counts: { readonly [reason: string]: number }, reason: string): number {
  return counts[reason] ?? 0;
}
