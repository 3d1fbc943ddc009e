import assert from "node:assert/strict";
import { ActorSystem } from "../actors/mod.ts";
import { settle } from "../actors/testing.ts";
import { createIdentity } from "../security/mod.ts";
import { DenoDatagramSocket } from "./deno_datagram_socket.ts";
import endpointActor from "./endpoint_actor.ts";
import type { EndpointConfig } from "./transport_protocol.ts";

function config(): EndpointConfig {
  const identity = createIdentity();
  return {
    data: null,
    keys: { node: identity.exportKeys().node, inception: identity.inception },
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
