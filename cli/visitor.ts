import { DeadlineError, MaculaNode, type NodeEvent, type NodeOptions } from "../mod.ts";
import { formatNodeAddress, isLoopback, type NodeAddress, parseListen } from "../transport/mod.ts";
import { crashTeller } from "./crash_words.ts";
import { claimData } from "./data_lock.ts";
import { EXIT } from "./exit_codes.ts";
import { Failure } from "./failure.ts";
import { checkAllowed, warnOfOpenness } from "./openness.ts";
import type { Output } from "./output.ts";
import { checkReach, listenToDial, placeOf } from "./places.ts";
import { VisitWatch } from "./visit_watch.ts";

const OPEN_ADVICE = "Without --open it deals with the node of --bootstrap alone";

/** Who is to be visited, and as whom. */
export interface VisitOptions extends Pick<NodeOptions, "data" | "network" | "dht" | "policies"> {
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
 * By its hosts it finds others in the DHT. On this machine it deals with those; beyond, a publisher
 * or subscriber that nobody named could be anyone's, and so it takes `open` to let them in, as it
 * does to run a node there.
 */
export class Visitor implements AsyncDisposable {
  readonly node: MaculaNode;
  /** Whether it lets in its hosts alone, though it would hear of others. */
  readonly guarded: boolean;
  /** Rejects when a host is lost after it was connected. Nobody need listen. */
  readonly lost: Promise<never>;
  readonly #watch: VisitWatch;
  readonly #hosts: readonly NodeAddress[];
  readonly #lock: Disposable | undefined;

  private constructor(
    node: MaculaNode,
    watch: VisitWatch,
    hosts: readonly NodeAddress[],
    guarded: boolean,
    lock: Disposable | undefined,
  ) {
    this.node = node;
    this.guarded = guarded;
    this.#lock = lock;
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
    const { hosts, data, network, policies, dht = "client" } = options;
    const watch = new VisitWatch(hosts, data !== undefined);
    const guarded = isGuarded(options);
    const admission = whoMayCome(options, guarded, output);
    using locks = new DisposableStack();
    // Two nodes of one id would take each other's connections away.
    const lock = data === undefined ? undefined : locks.use(await claimData(data));
    const node = await MaculaNode.start({
      ...admission,
      ...(data !== undefined && { data }),
      ...(network !== undefined && { network }),
      ...(policies !== undefined && { policies }),
      dht,
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
    locks.move();
    return new Visitor(node, watch, hosts, guarded, lock);
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
   * Waits until those whom the DHT knows to take part in a topic are connected, as far as they
   * answer: one that is gone must not keep the others from being served.
   *
   * @param timeoutMs how long, in milliseconds
   */
  meet(topic: string, timeoutMs: number): Promise<void> {
    return this.#asFarAsIn(timeoutMs, this.node.discover("topic", topic));
  }

  /**
   * Waits until the node has found its place in the DHT, as far as others answer.
   *
   * @param timeoutMs how long, in milliseconds
   */
  settle(timeoutMs: number): Promise<void> {
    return this.#asFarAsIn(timeoutMs, this.node.joined());
  }

  async #asFarAsIn(timeoutMs: number, work: Promise<unknown>): Promise<void> {
    // Its own deadline may be shorter, which comes to the same.
    const done = work.then(() => {}, (error) => {
      if (!(error instanceof DeadlineError)) throw error;
    });
    await within(timeoutMs, Promise.race([done, this.failed()]), () => {});
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

  async [Symbol.asyncDispose](): Promise<void> {
    await this.node.stop();
    this.#lock?.[Symbol.dispose]();
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
