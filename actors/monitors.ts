import type { RefAddress } from "../values/mod.ts";
import type { ExitReason } from "./exit_reason.ts";

/** Called when a monitored incarnation has ended. */
export type MonitorListener = (reason: ExitReason) => void;

/** The monitors that code of one shard has set: each calls its listener once. */
export class Monitors {
  readonly #onFailed: (error: unknown) => void;
  readonly #monitors = new Map<number, { to: RefAddress; listener: MonitorListener }>();
  #nextId = 1;

  /** @param onFailed takes what a listener threw */
  constructor(onFailed: (error: unknown) => void) {
    this.#onFailed = onFailed;
  }

  /** Sets a monitor; returns its number in this shard. */
  add(to: RefAddress, listener: MonitorListener): number {
    const id = this.#nextId++;
    this.#monitors.set(id, { to, listener });
    return id;
  }

  /** Takes a monitor back; false when it has fired. */
  delete(id: number): boolean {
    return this.#monitors.delete(id);
  }

  /** The incarnation has ended. */
  fire(id: number, reason: ExitReason): void {
    const monitor = this.#monitors.get(id);
    this.#monitors.delete(id);
    try {
      monitor?.listener(reason);
    } catch (error) {
      // What came after it in the same batch must still arrive.
      this.#onFailed(error);
    }
  }

  /** What was monitored in a shard that is gone has ended with it. */
  shardLost(shard: number): void {
    for (const [id, { to }] of [...this.#monitors]) {
      if (to.shard === shard) {
        this.fire(id, { kind: "shard-lost", message: `shard ${shard} is gone` });
      }
    }
  }
}
