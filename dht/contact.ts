import type { NodeId } from "../security/mod.ts";
import {
  formatNodeAddress,
  type HostPort,
  parseListen,
  parseNodeAddress,
} from "../transport/mod.ts";
import { MAX_ADDRESSES } from "./constants.ts";

/** A node, and where it may be dialled. Plain data, so that it goes through messages. */
export type Contact = {
  readonly peer: string;
  readonly addresses: readonly HostPort[];
};

/**
 * Reads what `formatHostPort` writes.
 *
 * @throws {SyntaxError} when it is no place that can be dialled
 */
export function parseAddress(text: string): HostPort {
  const address = parseListen(text);
  if (address.port === 0) {
    throw new SyntaxError(`${JSON.stringify(text)}: port 0 cannot be dialled`);
  }
  return address;
}

/** Whether two addresses are the same place. */
export function sameAddress(a: HostPort, b: HostPort): boolean {
  return a.port === b.port && a.host === b.host;
}

/** Contacts as they travel: a text for each address, those of one node in a row. */
export function contactTexts(contacts: readonly Contact[]): string[] {
  return contacts.flatMap(({ peer, addresses }) => {
    // Whoever made the contact has parsed its id.
    const nodeId = peer as NodeId;
    return addresses.map((address) => formatNodeAddress({ nodeId, ...address }));
  });
}

/**
 * Reads contacts as they travel.
 *
 * @returns each node once, with {@link MAX_ADDRESSES} addresses at most
 * @throws {SyntaxError} when a text is no address of a node
 */
export function parseContacts(texts: readonly string[]): Contact[] {
  const byPeer = new Map<string, HostPort[]>();
  for (const text of texts) {
    const { nodeId, host, port } = parseNodeAddress(text);
    const addresses = byPeer.get(nodeId) ?? [];
    byPeer.set(nodeId, addresses);
    if (addresses.length < MAX_ADDRESSES) addresses.push({ host, port });
  }
  return [...byPeer].map(([peer, addresses]) => ({ peer, addresses }));
}

/** The addresses of both lists, each once, those of the first before, so many at most. */
export function mergeAddresses(
  first: readonly HostPort[],
  second: readonly HostPort[],
): readonly HostPort[] {
  const merged = [...first];
  for (const address of second) {
    if (!merged.some((other) => sameAddress(other, address))) merged.push(address);
  }
  return merged.slice(0, MAX_ADDRESSES);
}
