import type { DatagramSocket, HostPort } from "./datagram_socket.ts";
import { DenoDatagramSocket } from "./deno_datagram_socket.ts";

/**
 * Opens the UDP socket of an endpoint, of the best kind that the platform has.
 *
 * @throws {DatagramSocketError} when the address cannot be bound; the message says why
 */
export function openDatagramSocket(address: HostPort): DatagramSocket {
  return DenoDatagramSocket.open(address);
}
