import type { ActorContext, ExitReason, Ref } from "../actors/mod.ts";
import { parseTopic } from "../names/mod.ts";
import { FrameError } from "../transport/mod.ts";
import { type Admission, RefusedFrame, type Scope } from "./admission.ts";
import { MAX_PEER_MONITORS } from "./constants.ts";
import { decodeDown, downOf, encodeDown } from "./down_body.ts";
import { notExposed, refusedByPeer } from "./errors.ts";
import type { HeaderOf, Sealed } from "./frames.ts";
import type { ExposedName, Watcher } from "./mesh_protocol.ts";
import type { SealedSender } from "./sealed_sender.ts";

/** What the monitors of a session work with. */
export interface MonitorsParts {
  readonly ctx: ActorContext;
  readonly peer: string;
  readonly sender: SealedSender;
  readonly admission: Admission;
  /** Tells the peer that it need not tell of a monitor's end any more. */
  readonly demonitor: (id: number) => void;
}

/** A monitor of this node on an actor of the peer's. */
interface Ours extends Pick<Scope, "realm" | "suite"> {
  readonly watcher: Ref<Watcher>;
  /** The watcher's number of it. */
  readonly key: number;
}

/**
 * The monitors between two nodes, in both directions: each tells once, of the end of the incarnation
 * that it is on or, to this node's own, of the end of the connection if that comes first.
 */
export class SessionMonitors {
  readonly #parts: MonitorsParts;
  readonly #ours = new Map<number, Ours>();
  /** Numbers of these on the wire, by the watcher's. */
  readonly #ids = new Map<number, number>();
  /** The peer's, on actors of this node. */
  readonly #theirs = new Map<number, Disposable>();
  #lost: Error | undefined;

  constructor(parts: MonitorsParts) {
    this.#parts = parts;
  }

  // ---- to the peer -------------------------------------------------------------------------

  /**
   * Monitors an actor of the peer's.
   *
   * @param key the watcher's number of it, which it is told with the reason
   */
  monitor({ realm, name }: ExposedName, watcher: Ref<Watcher>, key: number): void {
    const { ctx, sender } = this.#parts;
    try {
      if (this.#lost) throw this.#lost;
      const { scope, rest } = sender.scopeOf(`${realm}/${name}`);
      const id = sender.nextId();
      sender.seal({ kind: "monitor", ...scope, name: rest, id }, NO_PAYLOAD);
      this.#ours.set(id, { realm: scope.realm, suite: scope.suite, watcher, key });
      this.#ids.set(key, id);
    } catch (error) {
      ctx.refuse(error);
    }
  }

  /** The watcher wants to know no longer, or has not heard yet of the end. */
  demonitor(key: number): void {
    const id = this.#ids.get(key);
    if (id !== undefined && this.#take(id)) this.#parts.demonitor(id);
  }

  #take(id: number): Ours | undefined {
    const ours = this.#ours.get(id);
    if (ours) this.#ids.delete(ours.key);
    this.#ours.delete(id);
    return ours;
  }

  #tell(id: number, reason: ExitReason): void {
    const ours = this.#take(id);
    ours?.watcher.tell.down(ours.key, reason);
  }

  // ---- from the peer -----------------------------------------------------------------------

  /**
   * Takes a monitor that the peer sets.
   *
   * @throws {RefusedFrame} when it is not taken
   * @throws {FrameError} when the peer breaks the protocol
   */
  async set({ header, bytes, body }: Sealed<"monitor">): Promise<void> {
    const { ctx, admission } = this.#parts;
    const { id, name } = header;
    if (id < 1 || this.#theirs.has(id)) {
      throw new FrameError("bad-frame", `a monitor numbered ${id}, which is 0 or there already`);
    }
    const { alias, realm } = await admission.realm(header);
    parseTopic(`${alias}/${name}`, "procedure");
    admission.open(alias, name, header, bytes, body);
    if (this.#theirs.size >= MAX_PEER_MONITORS) {
      throw new RefusedFrame("too-many", `a peer may have ${MAX_PEER_MONITORS} monitors at once`);
    }
    // Waited for: a peer that does nothing else is slowed down by it.
    const target = await realm.ask.exposed(name);
    if (!target) return this.#answer(alias, header, downOf(notExposed(alias, name)));
    this.#theirs.set(
      id,
      ctx.monitor(target, ({ reason }) => {
        if (this.#theirs.delete(id)) this.#answer(alias, header, reason);
      }),
    );
  }

  /** The peer takes a monitor back, or has not heard yet of its end. */
  unset(id: number): void {
    this.#theirs.get(id)?.[Symbol.dispose]();
    this.#theirs.delete(id);
  }

  /**
   * Takes the end of what this node monitors.
   *
   * @throws {RefusedFrame} when it is not taken
   * @throws {ValueError} when it is no exit reason
   */
  down({ header, bytes, body }: Sealed<"down">): void {
    const ours = this.#ours.get(header.id);
    if (!ours) return; // taken back, or never set
    this.#tell(header.id, decodeDown(this.#parts.admission.openAnswer(ours, header, bytes, body)));
  }

  /** The peer has refused a request. */
  refused(id: number, code: string, message: string): void {
    this.#tell(id, downOf(refusedByPeer(this.#parts.peer, code, message)));
  }

  /** The connection is lost. */
  lost(error: Error): void {
    this.#lost = error;
    for (const id of [...this.#ours.keys()]) this.#tell(id, downOf(error));
    for (const id of [...this.#theirs.keys()]) this.unset(id);
  }

  /** Tells the peer, under the suite under which its monitor came. */
  #answer(alias: string, header: HeaderOf<"monitor">, reason: ExitReason): void {
    const { sender } = this.#parts;
    const scope = sender.answerScope(alias, header);
    sender.seal({ kind: "down", ...scope, id: header.id }, encodeDown(reason));
  }
}

const NO_PAYLOAD = new Uint8Array();
