import type { ActorContext, Ref } from "../actors/mod.ts";
import { type SealedLane, SealError, UnknownSuiteError } from "../security/mod.ts";
import { FrameError } from "../transport/mod.ts";
import { lackingProperties, Policies } from "./policies.ts";
import type { JoinedRealm, MeshBus, RefusedFrameCode } from "./mesh_protocol.ts";

/** Bytes of a policy's hash: SHA-256. */
const POLICY_HASH_BYTES = 32;

/** A peer's frame that is not taken: counted, told, and no reason to end the connection. */
export class RefusedFrame extends Error {
  override readonly name = "RefusedFrame";

  constructor(readonly code: RefusedFrameCode, message: string) {
    super(message);
  }
}

/** The part of a header that says where it belongs and how it is sealed. */
export interface Scope {
  readonly realm: Uint8Array;
  readonly policy: Uint8Array;
  readonly suite: string;
}

/**
 * Whether frames of one peer may come in: each must be of a realm that this node has joined, under a
 * suite with the properties that the policy here demands, and sealed by the peer.
 */
export class Admission {
  readonly #bus: Ref<MeshBus>;
  readonly #lane: SealedLane;
  readonly #policies: Policies;
  readonly #differs: (alias: string, there: Uint8Array) => void;
  /** Realms found to be joined; none is ever left. */
  readonly #joined = new Map<string, JoinedRealm>();
  /** The last hash seen in each realm that differs from this node's. */
  readonly #differing = new Map<string, Uint8Array>();

  /**
   * @param application on behalf of which this node acts
   * @param lane opens what the peer has sealed
   * @param differs told when a peer begins to act under another policy than this node
   */
  constructor(
    ctx: ActorContext,
    bus: Ref<MeshBus>,
    lane: SealedLane,
    application: string | null,
    differs: (alias: string, there: Uint8Array) => void,
  ) {
    this.#bus = bus;
    this.#lane = lane;
    this.#policies = Policies.of(ctx, application);
    this.#differs = differs;
  }

  /**
   * The realm of a header.
   *
   * @throws {RefusedFrame} `not-joined`
   */
  async realm({ realm }: Pick<Scope, "realm">): Promise<JoinedRealm> {
    const key = realm.toHex();
    const known = this.#joined.get(key) ?? await this.#bus.ask.joinedRealm(key);
    if (!known) {
      throw new RefusedFrame(
        "not-joined",
        `this node has not joined the realm of id ${key.slice(0, 16)}…`,
      );
    }
    this.#joined.set(key, known);
    return known;
  }

  /**
   * Opens a frame.
   *
   * @param alias what this node calls the frame's realm
   * @param rest the topic, procedure or actor, without the realm
   * @returns its payload
   * @throws {RefusedFrame} when its suite will not do, or did not seal it
   */
  open(
    alias: string,
    rest: string,
    { realm, policy, suite }: Scope,
    header: Uint8Array,
    body: Uint8Array,
  ): Uint8Array {
    this.#compare(alias, policy);
    const resolution = this.#policies.resolve(`${alias}/${rest}`);
    if (!resolution.satisfied) {
      throw new RefusedFrame(
        "refused-by-policy",
        `nothing may be taken for ${alias}/${rest}: ${resolution.problem}`,
      );
    }
    const missing = lackingProperties(resolution, suite);
    if (missing && missing.length > 0) {
      const { policy: { app } } = resolution;
      throw new RefusedFrame(
        "refused-by-policy",
        `${alias}/${rest} came under "${suite}", which lacks ${missing.join(", ")}: this node's ` +
          `policy (${this.#policies.hash(alias).toHex().slice(0, 16)}…) has app: ${app}`,
      );
    }
    if (!missing) {
      throw new RefusedFrame("unknown-suite", `there is no suite "${suite.slice(0, 64)}" here`);
    }
    return this.unseal({ realm, suite }, header, body);
  }

  /**
   * Opens an answer, which counts when it comes in the realm, and under the suite, of its request.
   *
   * @param to how the request left
   * @throws {RefusedFrame} when it came otherwise, or its suite did not seal it
   */
  openAnswer(
    to: Pick<Scope, "realm" | "suite">,
    answer: Pick<Scope, "realm" | "suite">,
    header: Uint8Array,
    body: Uint8Array,
  ): Uint8Array {
    const { realm, suite } = answer;
    if (to.suite !== suite || to.realm.toHex() !== realm.toHex()) {
      const text = `an answer under "${suite.slice(0, 64)}" to a call under "${to.suite}"`;
      throw new RefusedFrame("refused-by-policy", text);
    }
    return this.unseal(answer, header, body);
  }

  /**
   * Opens what is known to be in place.
   *
   * @throws {RefusedFrame} when the peer did not seal it so
   */
  unseal(
    { realm, suite }: Pick<Scope, "realm" | "suite">,
    header: Uint8Array,
    body: Uint8Array,
  ): Uint8Array {
    try {
      return this.#lane.open(suite, realm, header, body);
    } catch (error) {
      if (error instanceof SealError) throw new RefusedFrame(error.code, error.message);
      if (error instanceof UnknownSuiteError) {
        throw new RefusedFrame("unknown-suite", error.message);
      }
      throw error;
    }
  }

  #compare(alias: string, there: Uint8Array): void {
    if (there.length !== POLICY_HASH_BYTES) {
      throw new FrameError("bad-frame", `a policy's hash has ${there.length} bytes, not 32`);
    }
    if (sameBytes(this.#policies.hash(alias), there)) {
      this.#differing.delete(alias);
      return;
    }
    const last = this.#differing.get(alias);
    if (last && sameBytes(last, there)) return;
    this.#differing.set(alias, there.slice());
    this.#differs(alias, there);
  }
}

/** Whether two hashes are the same; neither is a secret. */
function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < POLICY_HASH_BYTES; i++) if (a[i] !== b[i]) return false;
  return true;
}
