import type { RefAddress } from "../values/mod.ts";
import type { MailboxOptions } from "./mailbox.ts";
import type { Restart } from "./spawn_options.ts";

/** Who supervises a slot, and under which number it knows the slot. */
export interface ParentAddress extends RefAddress {
  readonly child: number;
}

/** What a slot is made of, as plain data: it crosses shards. */
export interface SlotSpec {
  readonly url: string;
  readonly args: unknown[];
  readonly name: string | null;
  /** What the registry gave for the name; 0 without one. */
  readonly claim: number;
  readonly path: string;
  readonly parent: ParentAddress | null;
  readonly restart: Restart;
  readonly mailbox: MailboxOptions;
  /** Whether what it keeps outlives the process, under its name. */
  readonly persist: boolean;
}
