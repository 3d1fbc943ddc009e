import type { RefAddress } from "../values/mod.ts";
import type { BoxOptions, BoxPlacement } from "./box/box_options.ts";
import type { MailboxOptions } from "./mailbox.ts";
import type { Restart } from "./spawn_options.ts";

/** What the slots have in common that were spawned alike: they share one of these. */
export interface SlotKind {
  /** Of the module whose default export defines the actor. */
  readonly url: string;
  /** Its place in the tree: `agents/thermostat`. */
  readonly path: string;
  /** Who supervises it; `null` for the runtime's own. */
  readonly parent: RefAddress | null;
  readonly restart: Restart;
  /** How long it may take to stop, in milliseconds. */
  readonly shutdownMs: number;
  readonly mailbox: MailboxOptions;
  /** Whether what it keeps outlives the process, under its name. */
  readonly persist: boolean;
}

/** What a slot whose incarnations live in a box is made of, in shard 0. */
export interface BoxKind {
  readonly placement: BoxPlacement;
  readonly options: BoxOptions;
}

/** What a slot is made of, as plain data: it crosses shards. */
export interface SlotSpec {
  readonly kind: SlotKind;
  readonly args: unknown[];
  /** The number under which its supervisor knows it. */
  readonly child: number;
  readonly name: string | null;
  /** What the registry gave for the name; 0 without one. */
  readonly claim: number;
  /** `null` for an actor that lives in its shard. */
  readonly box: BoxKind | null;
}
