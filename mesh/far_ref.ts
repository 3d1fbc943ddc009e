import { makeRef, type Ref, type RefOptions, type Target } from "../actors/mod.ts";
import { type ActorAddress, formatActorAddress } from "../transport/mod.ts";
import { decodeValue, encodeValue } from "../values/mod.ts";
import { MAX_HANDLER_LENGTH } from "./constants.ts";
import type { InvokeMode } from "./frames.ts";
import type { MeshBus } from "./mesh_protocol.ts";

/** A ref to an actor of another node, exposed there to a realm: its messages go over the bus. */
export function farRef<H>(
  bus: Ref<MeshBus>,
  address: ActorAddress,
  maxPayloadBytes: number,
): Ref<H> {
  const { nodeId, realm, name } = address;
  const invoke = (handler: string, values: unknown[], mode: InvokeMode, options: RefOptions) => {
    const args = encodeValue(values, "args");
    if (args.byteLength > maxPayloadBytes) {
      throw new RangeError(
        `args has ${args.byteLength} bytes encoded, the limit is ${maxPayloadBytes}: send less at ` +
          `once, or raise maxFrameBytes on every node`,
      );
    }
    if (handler.length > MAX_HANDLER_LENGTH) {
      throw new RangeError(`a handler's name has ${MAX_HANDLER_LENGTH} characters at most`);
    }
    return bus.with(options).ask.invoke(nodeId, { realm, name, handler, args, mode });
  };
  const target: Target = {
    label: formatActorAddress(address),
    get address(): never {
      throw new TypeError(
        `a ref to an actor of another node cannot be sent, monitored or stopped yet: send its ` +
          `address, ${formatActorAddress(address)}`,
      );
    },
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
    stream() {
      throw new TypeError(
        `an actor of another node cannot answer with a stream yet: publish its items on a topic`,
      );
    },
  };
  return makeRef<H>(target);
}
