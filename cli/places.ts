/**
 * Where nodes are, for people and for sockets: which of a node's addresses can be dialled, and where
 * a node has to listen to dial others (one socket does both).
 *
 * @module
 */

import {
  formatNodeAddress,
  isLoopback,
  type NodeAddress,
  parseNodeAddress,
} from "../transport/mod.ts";
import { wrongUse } from "./failure.ts";

/** What `Deno.networkInterfaces` says of one address of this machine. */
export interface InterfaceAddress {
  readonly family: "IPv4" | "IPv6";
  readonly address: string;
}

/** Hosts that mean every address of the machine that listens, and none that can be dialled. */
const WILDCARDS: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/**
 * Reads an address to dial.
 *
 * @throws {Failure} wrong use: it is none, or a wildcard
 */
export function readDialAddress(text: string): NodeAddress {
  let address: NodeAddress;
  try {
    address = parseNodeAddress(text);
  } catch (error) {
    throw wrongUse((error as SyntaxError).message);
  }
  if (WILDCARDS.has(address.host)) {
    throw wrongUse(
      `${text} cannot be dialled: ${address.host} means every address of the machine that listens ` +
        `there; write one of them`,
    );
  }
  return address;
}

/** A node's `<host>:<port>`, as a person writes it. */
export function placeOf({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * The addresses under which a node can be dialled.
 *
 * @param address the node's own, whose host is a wildcard when it listens on every address
 * @param interfaces the addresses of this machine
 * @returns one or more, those that other machines can dial first
 */
export function dialableAddresses(
  address: string,
  interfaces: readonly InterfaceAddress[],
): string[] {
  const parts = parseNodeAddress(address);
  if (!WILDCARDS.has(parts.host)) return [address];
  const fit = interfaces
    .filter(({ family }) => family === "IPv4" || parts.host === "::")
    .map((one) => one.address)
    // A link-local address (RFC 4291, 2.5.6) means something together with an interface only.
    .filter((host) => !/^fe[89ab]/i.test(host));
  const far = fit.filter((host) => !isLoopback(host));
  const near = fit.filter(isLoopback);
  return [...far, ...near].map((host) => formatNodeAddress({ ...parts, host }));
}

/**
 * Where a node that only dials has to listen: a socket of loopback reaches loopback alone.
 *
 * @param targets the nodes that it is to dial; none: loopback
 */
export function listenToDial(targets: readonly NodeAddress[]): string {
  const six = targets.some(({ host }) => host.includes(":"));
  if (targets.every(({ host }) => isLoopback(host))) return six ? "[::1]:0" : "127.0.0.1:0";
  return six ? "[::]:0" : "0.0.0.0:0";
}

/**
 * Refuses to dial from a socket of loopback what it cannot reach: nothing would ever answer.
 *
 * @param listen host of the socket
 * @throws {Failure} wrong use
 */
export function checkReach(listen: string, targets: readonly NodeAddress[]): void {
  if (!isLoopback(listen)) return;
  const far = targets.find(({ host }) => !isLoopback(host));
  if (!far) return;
  throw wrongUse(
    `a node that listens on ${listen} cannot reach ${placeOf(far)}: listen on an address of the ` +
      `network, such as --listen 0.0.0.0:0 --open`,
  );
}
