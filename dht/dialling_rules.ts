/**
 * Whom a node dials on somebody's word. Whoever could make a node dial anywhere could make it knock
 * at strangers' doors, and many nodes at once at one.
 *
 * @module
 */
import { isIP } from "node:net";
import { type HostPort, isLoopback } from "../transport/mod.ts";

/** What a node may dial because another one told of it. */
export interface DiallingRules {
  /** Whether places beyond this machine are dialled. */
  readonly open: boolean;
  /** The only ids that are dialled; `null` for all. */
  readonly allow: readonly string[] | null;
}

/**
 * Whether a place that somebody told of may be dialled: a literal IP address where a node can be;
 * loopback only on the word of a peer that is itself on loopback, other places only if the node is
 * open.
 *
 * @param toldBy the host of whoever told of it
 */
export function mayDial(toldBy: string, { host, port }: HostPort, open: boolean): boolean {
  if (!isPlace({ host, port })) return false;
  if (isLoopback(host)) return isLoopback(toldBy);
  return open;
}

/** Whether a node can be there at all: a literal IP address of one node, and a port from 1 up. */
export function isPlace({ host, port }: HostPort): boolean {
  return isIP(host) !== 0 && !isNoPlace(host) && Number.isInteger(port) && port >= 1 &&
    port <= 65_535;
}

/** Whether an IP address is unspecified, multicast or broadcast: no node is there. */
export function isNoPlace(host: string): boolean {
  if (host.includes(":")) {
    const plain = host.toLowerCase();
    // IPv4 in IPv6's clothing would go around the rules for IPv4.
    return plain === "::" || plain.startsWith("ff") || plain.startsWith("::ffff:");
  }
  const first = Number(host.split(".", 1)[0]);
  return first === 0 || first >= 224;
}
