import {
  type AnyRef,
  type Ask,
  makeRef,
  type Ref,
  type RefOptions,
  type Send,
  type Stream,
  type Target,
  type Tell,
} from "../actors/mod.ts";
import { type ActorAddress, formatActorAddress } from "../transport/mod.ts";
import { decodeValue, encodeValue, REF } from "../values/mod.ts";
import { MAX_HANDLER_LENGTH } from "./constants.ts";
import type { InvokeMode } from "./frames.ts";
import type { MeshBus } from "./mesh_protocol.ts";

/** A ref to an actor of another node, exposed there to a realm: its messages go over the bus. */
export class FarRef<H> implements Ref<H> {
  readonly #ref: Ref<H>;
  readonly #address: ActorAddress;

  private constructor(ref: Ref<H>, address: ActorAddress) {
    this.#ref = ref;
    this.#address = address;
  }

  /** @param maxPayloadBytes bytes of encoded arguments, at most */
  static to<H>(bus: Ref<MeshBus>, address: ActorAddress, maxPayloadBytes: number): Ref<H> {
    return new FarRef<H>(makeRef<H>(targetOf(bus, address, maxPayloadBytes)), address);
  }

  /** Where the actor of a ref is; `undefined` for an actor of this node. */
  static addressOf(ref: AnyRef): ActorAddress | undefined {
    return #address in ref ? (ref as FarRef<unknown>).#address : undefined;
  }

  get tell(): Tell<H> {
    return this.#ref.tell;
  }

  get send(): Send<H> {
    return this.#ref.send;
  }

  get ask(): Ask<H> {
    return this.#ref.ask;
  }

  get stream(): Stream<H> {
    return this.#ref.stream;
  }

  with(options: RefOptions): Ref<H> {
    return new FarRef<H>(this.#ref.with(options), this.#address);
  }

  get [REF](): never {
    throw new TypeError(
      `a ref to an actor of another node cannot be sent or stopped yet: send its address, ` +
        formatActorAddress(this.#address),
    );
  }

  toString(): string {
    return this.#ref.toString();
  }

  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }
}

function targetOf(bus: Ref<MeshBus>, address: ActorAddress, maxPayloadBytes: number): Target {
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
  return {
    label: formatActorAddress(address),
    get address(): never {
      throw new TypeError(`${formatActorAddress(address)} has no slot on this node`);
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
}
