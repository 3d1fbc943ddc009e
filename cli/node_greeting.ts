import type { MaculaNode } from "../mod.ts";
import { isLoopback, parseNodeAddress } from "../transport/mod.ts";
import { type ControlPlace, shownPlace } from "./control_place.ts";
import { INFO_PROCEDURE } from "./node_services.ts";
import { DEFAULT_DATA } from "./options.ts";
import type { Output } from "./output.ts";
import { dialableAddresses, placeOf } from "./places.ts";

/**
 * Says who a node is that has started, and what to try.
 *
 * @param data its data folder, if it has one
 * @param place its control socket, if it has one
 */
export function greet(
  node: MaculaNode,
  data: string | undefined,
  place: ControlPlace | undefined,
  output: Output,
): void {
  const addresses = dialableAddresses(node.address, Deno.networkInterfaces());
  const [address = node.address] = addresses;
  const listen = [placeOf(parseNodeAddress(node.address))];
  const control = place && shownPlace(place);
  void output.event({ event: "ready", nodeId: node.id, listen, address, addresses, control });
  void output.line("node     ", ["bold", node.id]);
  for (const one of addresses) void output.line("address  ", ["bold", one]);
  const nothing = "none: this id is gone when the node stops, and commands need --bootstrap";
  void output.line("data     ", data ?? nothing);
  if (control !== undefined) void output.line("control  ", control);
  void output.line();
  void output.line("Try in another terminal:");
  for (const line of suggestions(data, nearest(addresses, address))) void output.line(`  ${line}`);
  void output.line();
}

function suggestions(data: string | undefined, address: string): readonly string[] {
  const how = data === undefined
    ? ` --bootstrap ${address}`
    : data === DEFAULT_DATA
    ? ""
    : ` --data ${data}`;
  return [
    data === undefined ? `macula call ${INFO_PROCEDURE}${how}` : `macula status${how}`,
    `macula sub 'iot/**'${how}`,
    `macula pub iot/hello '{"celsius":19.5}'${how}`,
  ];
}

/** Beyond loopback, commands with an address keep to themselves unless they are told --open. */
function nearest(addresses: readonly string[], first: string): string {
  return addresses.find((one) => isLoopback(parseNodeAddress(one).host)) ?? first;
}
