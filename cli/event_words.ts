import type { NodeEvent } from "../mod.ts";
import { parseNodeId, shortNodeId } from "../security/mod.ts";
import { type NodeAddress, parseNodeAddress } from "../transport/mod.ts";
import { showDuration } from "./duration.ts";
import { isRefusal } from "./failure.ts";
import { clockTime } from "./clock_time.ts";
import type { Output, Style } from "./output.ts";
import { placeOf } from "./places.ts";

/** An event as a line for people: a word to look for, and a sentence. */
export interface EventWords {
  readonly style: Style;
  readonly word: string;
  readonly sentence: string;
}

/**
 * Words for what happens on a node.
 *
 * @returns `undefined` for what says nothing new to a person
 */
export function eventWords(event: NodeEvent): EventWords | undefined {
  switch (event.event) {
    case "peer-up": {
      const who = event.dialled ? "this node dialled it" : "it dialled this node";
      const sentence = `${short(event.peer)} at ${event.remote} (${who})`;
      return { style: "bold", word: "connected", sentence };
    }
    case "peer-synced":
      return undefined;
    case "peer-down": {
      const { peer, message, unknown } = event;
      const doubt = unknown === 0
        ? ""
        : `; it may have missed ${counted(unknown, "publication")} that it did not acknowledge`;
      return { style: "yellow", word: "lost", sentence: `${short(peer)}: ${message}${doubt}` };
    }
    case "refused": {
      const { by, code, message, remote } = event;
      if (!isRefusal(code)) {
        const sentence = `${remote} (${code}): ${message}`;
        return { style: "yellow", word: "no connection", sentence };
      }
      const who = by === "peer"
        ? `the node at ${remote} refuses this one`
        : `this node refuses the one at ${remote}`;
      return { style: "yellow", word: "refused", sentence: `${who} (${code}): ${message}` };
    }
    case "dial-failed": {
      const { address, code, message, failures, retryMs } = event;
      const { nodeId, ...place } = parseNodeAddress(address);
      const again = `attempt ${failures + 1} is in ${showDuration(retryMs)}`;
      const sentence = code === "disconnected"
        ? `${short(nodeId)} at ${placeOf(place)} is gone; ${again}`
        : `${short(nodeId)} at ${placeOf(place)} (${code}): ${message}; ${again}`;
      return { style: "yellow", word: "not connected", sentence };
    }
  }
}

/**
 * A taker of a node's events, for people or programs.
 *
 * @param where people see them: among the results, or beside them
 * @param dialled the nodes that this one dials: why that failed is told by the attempt itself
 */
export function eventTeller(
  where: "line" | "note",
  output: Output,
  dialled: readonly NodeAddress[],
): (event: NodeEvent) => void {
  const places = new Set(dialled.map(placeOf));
  return (event) => {
    void output.event(event);
    if (event.event === "refused" && places.has(event.remote)) return;
    const words = eventWords(event);
    if (!words) return;
    const { style, word, sentence } = words;
    void output[where](["dim", clockTime(new Date())], " ", [style, word], ` ${sentence}`);
  };
}

/** `1 publication`, `2 publications`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function short(peer: string): string {
  return shortNodeId(parseNodeId(peer));
}
