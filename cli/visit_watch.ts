import type { NodeEvent } from "../mod.ts";
import { formatNodeAddress, type NodeAddress } from "../transport/mod.ts";
import { showDuration } from "./duration.ts";
import { EXIT } from "./exit_codes.ts";
import { Failure, isRefusal } from "./failure.ts";
import { placeOf } from "./places.ts";

type Refused = Extract<NodeEvent, { event: "refused" }>;
type DialFailed = Extract<NodeEvent, { event: "dial-failed" }>;

/** Makes failures out of a visitor's events. */
export class VisitWatch {
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
