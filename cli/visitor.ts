import { DeadlineError, MaculaNode, type NodeEvent, type NodeOptions } from "../mod.ts";
import { formatNodeAddress, isLoopback, type NodeAddress, parseListen } from "../transport/mod.ts";
import { crashTeller } from "./crash_words.ts";
import { showDuration } from "./duration.ts";
import { EXIT } from "./exit_codes.ts";
import { Failure, isRefusal } from "./failure.ts";
import { checkAllowed, warnOfOpenness } from "./openness.ts";
import type { Output } from "./output.ts";
import { checkReach, listenToDial, placeOf } from "./places.ts";

const OPEN_ADVICE = "Without --open it deals with the node of --connect alone";

/** Who is to be visited, and as whom. */
export interface VisitOptions extends Pick<NodeOptions, "data" | "network"> {
  /** The nodes to connect to. */
  readonly hosts: readonly NodeAddress[];
  /** Where others connect to the visitor; the visitor's own choice unless named. */
  readonly listen?: string;
  /** The only peers that it lets in. */
  readonly allow?: readonly string[];
  /** Deals with other nodes than its hosts on other machines, too. */
  readonly open?: true;
}

/**
 * A short-lived node that connects to others, does one thing and leaves.
 *
 * Its hosts introduce their other peers to it. On this machine it deals with those; beyond, a
 * publisher or subscriber that nobody named could be anyone's, and so it takes `open` to let them
 * in, as it does to run a node there.
 */
export class Visitor implements AsyncDisposable {
  readonly node: MaculaNode;
  /** Whether it lets in its hosts alone, though it would hear of others. */
  readonly guarded: boolean;
  /** Rejects when a host is lost after it was connected. Nobody need listen. */
  readonly lost: Promise<never>;
  readonly #watch: Watch;
  readonly #hosts: readonly NodeAddress[];

  private constructor(
    node: MaculaNode,
    watch: Watch,
    hosts: readonly NodeAddress[],
    guarded: boolean,
  ) {
    this.node = node;
    this.guarded = guarded;
    this.#watch = watch;
    this.#hosts = hosts;
    this.lost = watch.lost.promise;
  }

  /**
   * Starts the node; it begins to dial.
   *
   * @param output takes crash reports, and the warning of an open node
   * @param onEvent gets what happens on it
   * @throws {Failure} when the options contradict each other
   * @throws {Error} as {@linkcode MaculaNode.start} does
   */
  static async start(
    options: VisitOptions,
    output: Output,
    onEvent: (event: NodeEvent) => void = () => {},
  ): Promise<Visitor> {
    const { hosts, data, network } = options;
    const watch = new Watch(hosts, data !== undefined);
    const guarded = isGuarded(options);
    const node = await MaculaNode.start({
      ...whoMayCome(options, guarded, output),
      ...(data !== undefined && { data }),
      ...(network !== undefined && { network }),
      bootstrap: hosts.map(formatNodeAddress),
      // It spawns no actors but its own, which live in the main isolate.
      shards: 0,
      onCrash: crashTeller(output),
      onEvent: (event) => {
        watch.note(event);
        onEvent(event);
      },
    });
    watch.nodeId = node.id;
    return new Visitor(node, watch, hosts, guarded);
  }

  /**
   * Waits until every host is connected and has said what it has.
   *
   * @param timeoutMs how long, in milliseconds
   * @throws {Failure} refused, or timed out
   */
  async join(timeoutMs: number): Promise<void> {
    const { joined, refused } = this.#watch;
    const work = Promise.race([joined.promise, refused.promise, this.failed()]);
    await within(timeoutMs, work, () => {
      throw this.#watch.unanswered(timeoutMs);
    });
  }

  /**
   * Waits until the peers to which the hosts have introduced this node are connected, as far as they
   * answer: one that is gone must not keep the others from being served.
   *
   * @param timeoutMs how long, in milliseconds
   */
  async settle(timeoutMs: number): Promise<void> {
    // Its own deadline may be shorter, which comes to the same.
    const settled = this.node.joined().catch((error) => {
      if (!(error instanceof DeadlineError)) throw error;
    });
    await within(timeoutMs, Promise.race([settled, this.failed()]), () => {});
  }

  /** Rejects if the node fails as a whole. */
  async failed(): Promise<never> {
    const { message } = await this.node.failed;
    throw new Failure(EXIT.failed, "node-failed", `the node has failed: ${message}`);
  }

  /** The hosts, in words. */
  get place(): string {
    return this.#hosts.map(placeOf).join(", ");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.node.stop();
  }
}

/** Whether the visitor has to listen where the network reaches it, without being meant to be open. */
function isGuarded({ hosts, listen, open }: VisitOptions): boolean {
  return listen === undefined && !open && !isLoopback(parseListen(listenToDial(hosts)).host);
}

/** Where a visitor listens, and whom it lets in. */
function whoMayCome(
  { hosts, listen, allow, open }: VisitOptions,
  guarded: boolean,
  output: Output,
): Pick<NodeOptions, "listen" | "allow" | "open"> {
  checkAllowed(allow, hosts);
  const place = listen ?? listenToDial(hosts);
  checkReach(parseListen(place).host, hosts);
  if (open) warnOfOpenness(output, place, allow, OPEN_ADVICE);
  // Nobody that was not named is let in: nothing is open by it.
  if (guarded) return { listen: place, open: true, allow: hosts.map(({ nodeId }) => nodeId) };
  return { listen: place, ...(allow && { allow }), ...(open && { open }) };
}

/** Waits for work, or so long; then what `late` says. */
async function within(timeoutMs: number, work: Promise<void>, late: () => void): Promise<void> {
  const timeout = Promise.withResolvers<"late">();
  const timer = setTimeout(() => timeout.resolve("late"), timeoutMs);
  try {
    if (await Promise.race([work, timeout.promise]) === "late") late();
  } finally {
    clearTimeout(timer);
  }
}

type Refused = Extract<NodeEvent, { event: "refused" }>;
type DialFailed = Extract<NodeEvent, { event: "dial-failed" }>;

/** Makes failures out of a visitor's events. */
class Watch {
  /** Settles when every host is connected and has said what it has. */
  readonly joined = Promise.withResolvers<void>();
  readonly refused = Promise.withResolvers<never>();
  readonly lost = Promise.withResolvers<never>();
  nodeId = "";
  readonly #hosts: ReadonlyMap<string, NodeAddress>;
  readonly #lasting: boolean;
  readonly #joined = new Set<string>();
  readonly #failures = new Map<string, DialFailed>();
  #refusal: Refused | undefined;

  /** @param lasting whether the visitor's identity is kept for another time */
  constructor(hosts: readonly NodeAddress[], lasting: boolean) {
    this.#hosts = new Map(hosts.map((host) => [host.nodeId, host]));
    this.#lasting = lasting;
    // Whoever does not care does not listen.
    this.refused.promise.catch(() => {});
    this.lost.promise.catch(() => {});
    if (hosts.length === 0) this.joined.resolve();
  }

  note(event: NodeEvent): void {
    switch (event.event) {
      case "peer-synced":
        if (!this.#hosts.has(event.peer)) break;
        this.#joined.add(event.peer);
        if (this.#joined.size === this.#hosts.size) this.joined.resolve();
        break;
      case "peer-down": {
        const host = this.#hosts.get(event.peer);
        if (host && this.#joined.delete(event.peer)) this.#noteLost(host, event.message);
        break;
      }
      case "refused":
        this.#refusal = event;
        break;
      case "dial-failed":
        this.#failures.set(event.address, event);
        if (isRefusal(event.code)) this.refused.reject(this.#refusedBy(event));
    }
  }

  /** The failure of hosts that did not answer in time. */
  unanswered(timeoutMs: number): Failure {
    const silent = [...this.#hosts.values()].filter(({ nodeId }) => !this.#joined.has(nodeId));
    const reasons = silent.flatMap((host) => {
      const failure = this.#failures.get(formatNodeAddress(host));
      // That there was no hello is what the sentence says already.
      return failure && failure.code !== "unverified" ? [` (${failure.message})`] : [];
    });
    return new Failure(
      EXIT.timedOut,
      "unreachable",
      `no answer from ${silent.map(placeOf).join(", ")} within ${showDuration(timeoutMs)}` +
        `${reasons.join("")}: is the node running there, and does UDP get through to it? ` +
        `--timeout says how long to wait`,
    );
  }

  #noteLost({ nodeId: _, ...place }: NodeAddress, message: string): void {
    this.lost.reject(
      new Failure(
        EXIT.failed,
        "disconnected",
        `the connection to ${
          placeOf(place)
        } is lost: ${message}; what was not acknowledged may or ` +
          `may not have arrived`,
      ),
    );
  }

  #refusedBy({ address, code, message }: DialFailed): Failure {
    const host = [...this.#hosts.values()].find((one) => formatNodeAddress(one) === address);
    const place = host ? placeOf(host) : address;
    const byPeer = this.#refusal?.code === code && this.#refusal.by === "peer";
    const what = code === "wrong-id"
      ? `another node than the one dialled is at ${place}: ${message}`
      : code === "self"
      ? `the node at ${place} has this one's own id: ${message}`
      : byPeer
      ? `the node at ${place} refused this one (${code}), in its words: ${message}`
      : `the node at ${place} is refused (${code}): ${message}`;
    return new Failure(EXIT.refused, code, `${what}. ${this.#advice(code)}`);
  }

  #advice(code: string): string {
    switch (code) {
      case "wrong-id":
        return "Check the address: a node prints its own when it starts";
      case "not-allowed":
        return this.#lasting
          ? `Its operator can let this one in with --allow ${this.nodeId}`
          : `Its operator can let in an id that stays: make one with macula init, and use --data`;
      case "wrong-network":
        return "Name that node's network with --network";
      case "wrong-version":
        return "Use versions of macula that speak the same protocol";
      case "self":
        return "Use another data folder with --data, or none";
      default:
        return "Check the clocks of both machines, and that their versions of macula agree";
    }
  }
}
