import type { SealedLane } from "../security/mod.ts";
import type { Scope } from "./admission.ts";
import { unsatisfied } from "./errors.ts";
import { type Header, headerCodec } from "./frames.ts";
import type { Policies } from "./policies.ts";
import type { RealmIds } from "./realm_id.ts";
import { sealedFrame } from "./sealed_frame.ts";
import { wireName } from "./wire_name.ts";

/** What a {@link SealedSender} works with. */
export interface SenderParts {
  readonly maxFrameBytes: number;
  readonly lane: SealedLane;
  readonly ids: RealmIds;
  readonly policies: Policies;
  /** Takes whole frames to the peer. */
  readonly send: (frame: Uint8Array) => void;
}

/**
 * Sends what crosses a realm on the control stream of one peer, each under the suite that the policy
 * of its name says, and numbers what the peer is to answer: a refusal names no more than the number.
 */
export class SealedSender {
  readonly #parts: SenderParts;
  #lastId = 0;
  #isClosed = false;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  /** A number that no other request of this connection has, from 1 up. */
  nextId(): number {
    return ++this.#lastId;
  }

  /**
   * How what concerns a name leaves this node.
   *
   * @param name a topic, procedure or actor, with this node's alias of the realm before it
   * @throws {RefusedByPolicyError} when its policy cannot be kept
   */
  scopeOf(name: string): { readonly scope: Scope; readonly rest: string } {
    const { ids, policies } = this.#parts;
    const { realm, alias, rest } = wireName(ids, name);
    const resolution = policies.resolve(name);
    if (!resolution.satisfied) throw unsatisfied(resolution);
    const { policy: { app: suite } } = resolution;
    return { scope: { realm, policy: policies.hash(alias), suite }, rest };
  }

  /** How the answer to what came under `realm` and `suite` leaves: under the same. */
  answerScope(alias: string, { realm, suite }: Pick<Scope, "realm" | "suite">): Scope {
    return { realm, policy: this.#parts.policies.hash(alias), suite };
  }

  /**
   * Seals a payload and sends it; nothing, once the connection is lost.
   *
   * @throws {FrameError} `frame-too-large` when it fits no frame
   */
  seal({ kind, ...fields }: Header, payload: Uint8Array): void {
    if (this.#isClosed) return;
    const { lane, maxFrameBytes, send } = this.#parts;
    const header = headerCodec.encode(kind, fields as never);
    const body = lane.seal(fields.suite, fields.realm, header, payload);
    send(sealedFrame(header, body, maxFrameBytes));
  }

  /** The connection is lost. */
  close(): void {
    this.#isClosed = true;
  }
}
