import type { ActorSystem, Ref } from "../actors/mod.ts";
import { createIdentity, type NodeId } from "../security/mod.ts";
import {
  diallerActor,
  type Endpoint,
  endpointActor,
  formatNodeAddress,
  parseNodeAddress,
} from "../transport/mod.ts";
import busActor from "./bus_actor.ts";
import { FRAME_OVERHEAD_BYTES, STAGE_BOUND } from "./constants.ts";
import type { MeshBus, Peers } from "./mesh_protocol.ts";
import type { NodeEvents } from "./node_events.ts";
import type { Settings } from "./node_settings.ts";
import peersActor from "./peers_actor.ts";
import publisherActor from "./publisher_actor.ts";

/** The actors that make up a node, and what it is known by. */
export interface Parts {
  readonly id: NodeId;
  readonly address: string;
  readonly endpoint: Ref<Endpoint>;
  readonly bus: Ref<MeshBus>;
  readonly peers: Ref<Peers>;
  readonly bootstrap: readonly NodeId[];
  readonly maxPayloadBytes: number;
}

/** Starts a node's own actors, in the order in which they depend on each other. */
export async function startParts(
  system: ActorSystem,
  events: NodeEvents,
  settings: Settings,
  data: string | null,
  incarnation: number,
): Promise<Parts> {
  const { listen, network, allow, maxFrameBytes } = settings;
  // What these know is in their memory, and in their peers': a node that has lost it must not go on.
  await system.group("transport", { intensity: 0 });
  await system.group("mesh", { intensity: 0 });
  // Agents have nothing to do with each other: one that fails too often ends alone.
  await system.group("subscriptions", { perChild: true });
  await system.group("agents", { perChild: true });
  const keys = data === null ? ephemeralKeys() : null;
  const endpoint = await system.spawn(endpointActor, {
    args: [{ data, keys, listen, network, incarnation, allow, maxFrameBytes }],
    ...{ label: "endpoint", placement: "here", restart: "permanent" },
  }, "transport");
  const { nodeId, listen: bound } = await endpoint.ask.info();
  const bus = await system.spawn(busActor, {
    args: [{ nodeId, incarnation, maxFrameBytes }],
    ...{ label: "bus", placement: "here" },
  }, "mesh");
  const publisher = await system.spawn(publisherActor, {
    args: [bus],
    ...{ placement: "here", label: "publisher" },
    mailbox: { bound: STAGE_BOUND, overflow: "wait" },
  }, "mesh");
  const maxPayloadBytes = maxFrameBytes - FRAME_OVERHEAD_BYTES;
  await system.attachBus({ bus, publisher, maxPayloadBytes });
  const listener = await system.spawn(
    events.definition,
    { placement: "here", label: "events" },
    "mesh",
  );
  const peers = await system.spawn(peersActor, {
    args: [{ nodeId, maxFrameBytes, allow, open: settings.open }, endpoint, bus, listener],
    ...{ label: "peers", placement: "here" },
  }, "mesh");
  await endpoint.ask.watch(peers);
  const bootstrap: NodeId[] = [];
  for (const address of settings.bootstrap) {
    bootstrap.push(parseNodeAddress(address).nodeId);
    await startDialler(system, endpoint, address, peers);
  }
  const address = formatNodeAddress({ nodeId, ...bound });
  return { id: nodeId, address, endpoint, bus, peers, bootstrap, maxPayloadBytes };
}

/** Starts the actor that keeps one address connected. */
export async function startDialler(
  system: ActorSystem,
  endpoint: Ref<Endpoint>,
  address: string,
  peers: Ref<Peers>,
): Promise<void> {
  await system.spawn(diallerActor, {
    args: [endpoint, address, peers],
    ...{ label: "dialler", placement: "here", restart: "permanent" },
  }, "transport");
}

function ephemeralKeys(): { readonly node: string; readonly inception: Uint8Array } {
  const identity = createIdentity();
  return { node: identity.exportKeys().node, inception: identity.inception };
}
