import { type ActorSystem, MAX_DEADLINE_MS, type Ref } from "../actors/mod.ts";
import { type Dht, dhtActor } from "../dht/mod.ts";
import {
  createIdentity,
  type IdentitySource,
  type NodeId,
  type PolicyResolver,
  policyResolverActor,
} from "../security/mod.ts";
import {
  diallerActor,
  type Endpoint,
  endpointActor,
  formatNodeAddress,
  type HostPort,
  parseNodeAddress,
} from "../transport/mod.ts";
import busActor from "./bus_actor.ts";
import { DOWNS_BOUND, FRAME_OVERHEAD_BYTES, STAGE_BOUND } from "./constants.ts";
import discoveryActor from "./discovery_actor.ts";
import { FarMonitors } from "./far_monitors.ts";
import type { Discovery, MeshBus, Peers } from "./mesh_protocol.ts";
import type { NodeEvents } from "./node_events.ts";
import type { Settings } from "./node_settings.ts";
import peersActor from "./peers_actor.ts";
import publisherActor from "./publisher_actor.ts";
import storeActor from "./store_actor.ts";

/** The actors that make up a node, and what it is known by. */
export interface Parts {
  readonly id: NodeId;
  readonly listen: HostPort;
  readonly address: string;
  readonly endpoint: Ref<Endpoint>;
  readonly dht: Ref<Dht>;
  readonly policies: Ref<PolicyResolver>;
  readonly discovery: Ref<Discovery>;
  readonly bus: Ref<MeshBus>;
  readonly peers: Ref<Peers>;
  readonly monitors: FarMonitors;
  readonly bootstrap: readonly NodeId[];
  readonly maxPayloadBytes: number;
}

/** Starts a node's own actors, in the order in which they depend on each other. */
export async function startParts(
  system: ActorSystem,
  events: NodeEvents,
  settings: Settings,
  incarnation: number,
): Promise<Parts> {
  const { listen, network, allow, open, maxFrameBytes, realms, application } = settings;
  const here = { placement: "here" } as const;
  // What these know is in their memory, and in their peers': a node that has lost it must not go on.
  for (const group of ["store", "trust", "transport", "dht", "mesh"]) {
    await system.group(group, { intensity: 0 });
  }
  // Agents have nothing to do with each other: one that fails too often ends alone.
  await system.group("subscriptions", { perChild: true });
  await system.group("agents", { perChild: true });

  if (settings.data !== undefined) {
    const store = await system.spawn(storeActor, {
      ...{ ...here, label: "store", args: [settings.data] },
    }, "store");
    await system.attachStore(store);
  }
  const policies = await system.spawn(policyResolverActor, {
    args: [{ paths: [...settings.policies] }, system.terms],
    ...{ ...here, label: "policies" },
  }, "trust");
  const identity = identitySource(settings.data);
  const endpoint = await system.spawn(endpointActor, {
    args: [{ identity, listen, network, incarnation, allow, maxFrameBytes }],
    ...{ ...here, label: "endpoint", restart: "permanent" },
  }, "transport");
  const { nodeId, listen: bound } = await endpoint.ask.info();
  const dht = await system.spawn(dhtActor, {
    args: [{ identity, mode: settings.dht, open, allow }, endpoint],
    ...{ ...here, label: "dht" },
  }, "dht");
  const listener = await system.spawn(events.definition, { ...here, label: "events" }, "mesh");
  const discovery = await system.spawn(discoveryActor, {
    args: [nodeId, dht, listener],
    ...{ ...here, label: "discovery" },
  }, "mesh");
  const bus = await system.spawn(busActor, {
    args: [{ nodeId, network, incarnation, maxFrameBytes, realms, application }, discovery],
    ...{ ...here, label: "bus" },
  }, "mesh");
  const publisher = await system.spawn(publisherActor, {
    args: [bus],
    ...{ ...here, label: "publisher" },
    mailbox: { bound: STAGE_BOUND, overflow: "wait" },
  }, "mesh");
  const maxPayloadBytes = maxFrameBytes - FRAME_OVERHEAD_BYTES;
  await system.attachBus({ bus, publisher, maxPayloadBytes });
  const peers = await system.spawn(peersActor, {
    args: [{ network, maxFrameBytes, application }, bus, dht, discovery, listener],
    ...{ ...here, label: "peers" },
  }, "mesh");
  discovery.tell.attach(peers);
  const monitors = new FarMonitors(system, bus, nodeId);
  await system.spawn(monitors.definition, {
    ...{ ...here, label: "monitors" },
    mailbox: { bound: DOWNS_BOUND },
  }, "mesh");
  await endpoint.ask.watch(peers);
  const bootstrap: NodeId[] = [];
  for (const address of settings.bootstrap) {
    bootstrap.push(parseNodeAddress(address).nodeId);
    await startDialler(system, endpoint, address, peers);
  }
  return {
    ...{ id: nodeId, listen: bound, address: formatNodeAddress({ nodeId, ...bound }), endpoint },
    ...{ dht, policies, bus, peers, monitors, bootstrap, maxPayloadBytes },
    discovery: discovery.with({ deadlineMs: MAX_DEADLINE_MS }),
  };
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

function identitySource(data: string | undefined): IdentitySource {
  if (data !== undefined) return { data, keys: null };
  const identity = createIdentity();
  return { data: null, keys: { node: identity.exportKeys().node, inception: identity.inception } };
}
