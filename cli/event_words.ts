import type { NodeEvent } from "../mod.ts";
import { parseNodeId, shortNodeId } from "../security/mod.ts";
import { type NodeAddress, parseNodeAddress } from "../transport/mod.ts";
import { showDuration } from "./duration.ts";
import { isRefusal } from "./failure.ts";
import { clockTime } from "./clock_time.ts";
import type { Output, Style } from "./output.ts";
import { placeOf } from "./places.ts";

/** Characters of a policy's hash that are shown. */
export const HASH_CHARS = 12;

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
    case "frame-refused": {
      const { by, peer, code, message } = event;
      const who = by === "here" ? `a frame of ${short(peer)}` : `a frame, by ${short(peer)}`;
      return { style: "yellow", word: "refused", sentence: `${who} (${code}): ${message}` };
    }
    case "policy-differs": {
      const { peer, realm, here, there } = event;
      const sentence = `${short(peer)} acts under another policy in ${realm}: ` +
        `${there.slice(0, HASH_CHARS)}…, here ${here.slice(0, HASH_CHARS)}…`;
      return { style: "yellow", word: "policies differ", sentence };
    }
    case "dht-joined": {
      const sentence = `the DHT: ${counted(event.contacts, "contact")}`;
      return { style: "bold", word: "joined", sentence };
    }
    case "reachable":
      return { style: "bold", word: "reachable", sentence: `at ${event.address}` };
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

/** `1 publication`, `2 publications`; `1 copy`, `2 copies`. */
export function counted(count: number, what: string, several = `${what}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? what : several}`;
}

function short(peer: string): string {
  return shortNodeId(parseNodeId(peer));
}
