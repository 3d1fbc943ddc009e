import assert from "node:assert/strict";
import { ActorSystem, defineActor, type Ref } from "../actors/mod.ts";
import { settle } from "../actors/testing.ts";
import { createIdentity } from "../security/mod.ts";
import { DenoDatagramSocket } from "./deno_datagram_socket.ts";
import endpointActor from "./endpoint_actor.ts";
import type { ConnectionListener, EndpointConfig } from "./transport_protocol.ts";

function config(): EndpointConfig {
  const identity = createIdentity();
  return {
    identity: {
      data: null,
      keys: { node: identity.exportKeys().node, inception: identity.inception },
    },
    listen: { host: "127.0.0.1", port: 0 },
    network: "test",
    incarnation: 1,
    allow: null,
    maxFrameBytes: 65_536,
  };
}

Deno.test("An endpoint that fails gives its port back, and its group fails with it", async () => {
  await using system = await ActorSystem.start({
    userShards: 0,
    supervise: { intensity: 0 },
    onCrash: () => {},
  });
  await system.group("transport", { intensity: 0 });
  const endpoint = await system.spawn(
    endpointActor,
    { placement: "here", args: [config()] },
    "transport",
  );
  const { listen } = await endpoint.ask.info();
  // Its callers check ids; one that does not is its own failure.
  await assert.rejects(endpoint.ask.dial("nobody", "127.0.0.1", 1), { code: "handler" });
  assert.equal((await system.failed).kind, "intensity");
  let again: DenoDatagramSocket | undefined;
  while (!again) {
    try {
      again = DenoDatagramSocket.open({ ...listen });
    } catch {
      await settle(); // the socket is still closing
    }
  }
  await again.close();
});

Deno.test("An endpoint refuses to dial beyond loopback from a loopback address, and says why", async () => {
  await using system = await ActorSystem.start({ userShards: 0 });
  const endpoint = await system.spawn(endpointActor, { placement: "here", args: [config()] });
  const { nodeId } = createIdentity();
  await assert.rejects(endpoint.ask.dial(nodeId, "192.0.2.1", 4433), /listens on 127\.0\.0\.1/);
});

/** Whoever is told of connections, and keeps what it was told. */
function listening(told: string[]) {
  return defineActor(import.meta, (): ConnectionListener => ({
    connected: () => void told.push("connected"),
    refused: ({ code }) => void told.push(code),
  }));
}

Deno.test("An endpoint probes whether a node answers at an address, and leaves no connection", async () => {
  await using system = await ActorSystem.start({ userShards: 0 });
  const spawn = () => system.spawn(endpointActor, { placement: "here", args: [config()] });
  const [near, far] = [await spawn(), await spawn()];
  const told: string[] = [];
  const listener: Ref<ConnectionListener> = await system.spawn(listening(told), {
    placement: "here",
  });
  await far.ask.watch(listener);
  const { nodeId, listen } = await far.ask.info();
  await near.ask.probe(nodeId, listen.host, listen.port);
  const { nodeId: other } = createIdentity();
  await assert.rejects(near.ask.probe(other, listen.host, listen.port), { code: "wrong-id" });
  const { nodeId: self } = await near.ask.info();
  await assert.rejects(near.ask.probe(self, listen.host, listen.port), { code: "self" });
  // A dial after the probes is one of its own; it comes behind what was told of them.
  await near.ask.dial(nodeId, listen.host, listen.port);
  while (!told.includes("connected")) await settle();
  assert.deepEqual(told, ["connected"], "a probe is no refusal and no connection");
});

Deno.test("An endpoint that probes where nobody listens says that it is unreachable", async () => {
  await using system = await ActorSystem.start({ userShards: 0 });
  const endpoint = await system.spawn(endpointActor, { placement: "here", args: [config()] });
  const socket = DenoDatagramSocket.open({ host: "127.0.0.1", port: 0 });
  const { port } = socket.address;
  await socket.close();
  const { nodeId } = createIdentity();
  const probed = endpoint.with({ deadlineMs: 30_000 }).ask.probe(nodeId, "127.0.0.1", port);
  await assert.rejects(probed, { code: "unreachable" });
});
