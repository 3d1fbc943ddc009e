import type { RefAddress } from "../values/mod.ts";
import type { Clock } from "./clock.ts";
import { ActorError } from "./errors.ts";
import { exitReason } from "./exit_reason.ts";
import { failed } from "./life.ts";
import type { Slot } from "./slot.ts";
import type { ChildSignal } from "./supervision/signals.ts";
import type { SupervisionHost } from "./supervision/supervision.ts";

/** A slot as its supervision sees it: by whom children are told, and what becomes of itself. */
export class SupervisingSlot implements SupervisionHost {
  readonly #slot: Slot;

  constructor(slot: Slot) {
    this.#slot = slot;
  }

  get clock(): Clock {
    return this.#slot.kernel.clock;
  }

  random(): number {
    return Math.random();
  }

  signal(child: RefAddress, signal: ChildSignal): void {
    this.#slot.kernel.signal(child, signal);
  }

  exceeded(message: string): void {
    const error = new ActorError("intensity", message);
    failed(this.#slot, exitReason("intensity", message), "(supervision)", error);
  }

  gaveUp(_path: string, message: string): void {
    this.#slot.kernel.crashed(this.#slot, "(given up)", new Error(message));
  }

  respawn(_child: number, respec: unknown): Promise<RefAddress> {
    return this.#slot.kernel.spawner.respawn(respec);
  }
}
