import { makeRef, type Ref, type RefOptions, type Target } from "../actors/mod.ts";
import type { ActorAddress } from "../transport/mod.ts";
import { decodeValue, encodeValue } from "../values/mod.ts";
import type { InvokeMode } from "./frames.ts";
import type { MeshBus } from "./mesh_protocol.ts";

/** A ref to an actor of another node, exposed there to a realm: its messages go over the bus. */
export function farRef<H>(bus: Ref<MeshBus>, address: ActorAddress): Ref<H> {
  const { nodeId, realm, name } = address;
  const invoke = (handler: string, values: unknown[], mode: InvokeMode, options: RefOptions) => {
    const args = encodeValue(values, "args");
    return bus.with(options).ask.invoke(nodeId, { realm, name, handler, args, mode });
  };
  const target: Target = {
    // It names no slot of this node; the name is what tells it from others.
    address: { node: `${nodeId}/${realm}/${name}`, shard: 0, slot: 0 },
    tell(handler, args, options) {
      invoke(handler, args, "tell", options).catch(() => {/* counted where it failed */});
    },
    async send(handler, args, options) {
      await invoke(handler, args, "send", options);
    },
    async ask(handler, args, options) {
      const value = await invoke(handler, args, "ask", options);
      return value === null ? undefined : decodeValue(value, "result");
    },
  };
  return makeRef<H>(target);
}
