import { type ActorContext, MAX_DEADLINE_MS, type Ref } from "../actors/mod.ts";
import { parseTopic } from "../names/mod.ts";
import { FrameError } from "../transport/mod.ts";
import { encodeValue } from "../values/mod.ts";
import type { Admission, Scope } from "./admission.ts";
import { CallTable } from "./call_table.ts";
import { MAX_HANDLER_LENGTH, MAX_PEER_CALLS } from "./constants.ts";
import { refusedByPeer } from "./errors.ts";
import { decodeFailure, encodeFailure } from "./failure_body.ts";
import {
  type Header,
  type HeaderOf,
  INVOKE_MODES,
  type InvokeMode,
  type Sealed,
} from "./frames.ts";
import type { Invocation, MeshBus } from "./mesh_protocol.ts";
import type { SealedSender } from "./sealed_sender.ts";

/** What the calls of a session work with. */
export interface CallsParts {
  readonly ctx: ActorContext;
  readonly peer: string;
  readonly sender: SealedSender;
  readonly admission: Admission;
  readonly bus: Ref<MeshBus>;
}

type CallHeader = HeaderOf<"call" | "invoke" | "result" | "failure">;

/**
 * The calls between two nodes, and the messages to exposed actors, in both directions, many at a
 * time: each leaves under the suite that the policy of its name says, and is answered under the
 * same.
 */
export class SessionCalls {
  readonly #parts: CallsParts;
  readonly #open = new CallTable();
  #working = 0;
  #lost: Error | undefined;

  constructor(parts: CallsParts) {
    this.#parts = parts;
  }

  // ---- to the peer -------------------------------------------------------------------------

  /** Calls a procedure of the peer's; the message being handled is replied to when it answers. */
  call(procedure: string, args: Uint8Array): Promise<Uint8Array> {
    this.#request(procedure, (scope, rest, id, remainingMs) => ({
      kind: "call",
      ...{ ...scope, procedure: rest, id, remainingMs },
    }), args);
    return DEFERRED;
  }

  /** Messages an actor of the peer's; what is told is not answered. */
  invoke({ realm, name, handler, args, mode }: Invocation): Promise<Uint8Array | null> {
    const invocation = (scope: Scope, rest: string, id: number, remainingMs: number) => ({
      kind: "invoke" as const,
      ...{ ...scope, name: rest, id, remainingMs, handler, mode: INVOKE_MODES[mode] },
    });
    const address = `${realm}/${name}`;
    if (mode !== "tell") {
      this.#request(address, invocation, args);
      return DEFERRED;
    }
    const { sender } = this.#parts;
    try {
      const { scope, rest } = sender.scopeOf(address);
      sender.seal(invocation(scope, rest, 0, 0), args);
    } catch (error) {
      this.#parts.ctx.refuse(error);
    }
    return Promise.resolve(null);
  }

  /** Asks the peer for something that it answers, under the policy of the name that it is of. */
  #request(
    name: string,
    header: (scope: Scope, rest: string, id: number, remainingMs: number) => Header,
    args: Uint8Array,
  ): void {
    const { ctx, sender } = this.#parts;
    const reply = ctx.deferReply();
    if (this.#lost) return reply.fail(this.#lost);
    const id = sender.nextId();
    const remaining = ctx.message?.remainingMs ?? 0;
    const remainingMs = Math.max(0, Math.floor(Math.min(remaining, Number.MAX_SAFE_INTEGER)));
    try {
      const { scope, rest } = sender.scopeOf(name);
      sender.seal(header(scope, rest, id, remainingMs), args);
      const { realm, suite } = scope;
      const now = performance.now();
      this.#open.enter(id, { reply, expires: now + remainingMs, realm, suite }, now);
    } catch (error) {
      // Arguments too large for a frame, or a policy that cannot be kept: the caller's error.
      reply.fail(error);
    }
  }

  // ---- from the peer -----------------------------------------------------------------------

  /**
   * Takes what the peer has sealed.
   *
   * @param bytes the header as it came
   * @throws {RefusedFrame} when it is not taken
   * @throws {FrameError} when the peer breaks the protocol
   */
  async take(header: CallHeader, bytes: Uint8Array, body: Uint8Array): Promise<void> {
    switch (header.kind) {
      case "call":
        return await this.#called({ header, bytes, body });
      case "invoke":
        return await this.#invoked({ header, bytes, body });
      case "result":
      case "failure":
        return this.#answered({ header, bytes, body });
    }
  }

  async #called({ header, bytes, body }: Sealed<"call">): Promise<void> {
    const { admission } = this.#parts;
    const { alias } = await admission.realm(header);
    const name = `${alias}/${header.procedure}`;
    parseTopic(name, "procedure");
    const args = admission.open(alias, header.procedure, header, bytes, body);
    this.#answer(alias, header, this.#on(header.remainingMs)?.ask.callLocal(name, args));
  }

  async #invoked({ header, bytes, body }: Sealed<"invoke">): Promise<void> {
    const { admission } = this.#parts;
    const { name, handler, remainingMs } = header;
    const mode = MODE_NAMES.get(header.mode);
    if (!mode) throw new FrameError("bad-frame", `an invoke frame has mode ${header.mode}`);
    if (handler.length > MAX_HANDLER_LENGTH) {
      const text = `a handler's name has ${MAX_HANDLER_LENGTH} characters at most`;
      throw new FrameError("bad-frame", text);
    }
    const { alias } = await admission.realm(header);
    // The name stands in errors, and in the tree: it must look like one.
    parseTopic(`${alias}/${name}`, "procedure");
    const args = admission.open(alias, name, header, bytes, body);
    const bus = this.#on(mode === "tell" ? Infinity : remainingMs);
    const asked = bus?.ask.invokeLocal({ realm: alias, name, handler, args, mode });
    if (mode !== "tell") return this.#answer(alias, header, asked);
    this.#working++;
    asked?.catch(() => {/* nobody waits for a tell; it is a dead letter where it failed */})
      .finally(() => this.#working--);
  }

  /** The bus, on the peer's behalf; `undefined` when the peer has too much going already. */
  #on(remainingMs: number): Ref<MeshBus> | undefined {
    if (this.#working >= MAX_PEER_CALLS) return undefined;
    const { bus, peer: caller } = this.#parts;
    if (remainingMs === Infinity) return bus.with({ caller });
    return bus.with({
      caller,
      deadlineMs: Math.min(Math.max(1, remainingMs), MAX_DEADLINE_MS),
    });
  }

  /** Answers a request, under the suite under which it came. */
  #answer(
    alias: string,
    header: HeaderOf<"call"> | HeaderOf<"invoke">,
    asked: Promise<Uint8Array | null> | undefined,
  ): void {
    const { sender } = this.#parts;
    const { id } = header;
    const scope = () => ({ ...sender.answerScope(alias, header), id });
    const fail = (error: unknown) =>
      sender.seal({ kind: "failure", ...scope() }, encodeFailure(error));
    if (!asked) {
      const message = `this node works on ${MAX_PEER_CALLS} calls of this peer already`;
      return fail(new RangeError(message));
    }
    this.#working++;
    asked.finally(() => this.#working--).then(
      (value) => sender.seal({ kind: "result", ...scope() }, value ?? NO_VALUE),
    ).catch(fail);
  }

  #answered({ header, bytes, body }: Sealed<"result" | "failure">): void {
    const call = this.#open.get(header.id);
    if (!call) return; // too late, or never asked for
    const payload = this.#parts.admission.openAnswer(call, header, bytes, body);
    this.#open.take(header.id);
    if (header.kind === "result") call.reply.ok(payload);
    else call.reply.fail(decodeFailure(payload));
  }

  /** The peer has refused a request. */
  refused(id: number, code: string, message: string): void {
    this.#open.take(id)?.reply.fail(refusedByPeer(this.#parts.peer, code, message));
  }

  /** The connection is lost: nothing will be answered any more. */
  lost(error: Error): void {
    this.#lost = error;
    this.#open.failAll(error);
  }
}

const DEFERRED = undefined as unknown as Promise<never>;
const NO_VALUE = encodeValue(undefined, "result");
const MODE_NAMES = new Map(
  Object.entries(INVOKE_MODES).map(([name, mode]) => [mode as number, name as InvokeMode]),
);
