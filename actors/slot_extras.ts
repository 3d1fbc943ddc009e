import type { RefAddress } from "../values/mod.ts";
import { ByteBudget } from "./byte_budget.ts";
import { Cancellations } from "./cancellations.ts";
import { MAX_FOREIGN_BYTES } from "./constants.ts";
import type { OutStream } from "./out_stream.ts";
import type { Persistence } from "./persistence.ts";
import { Ring } from "./ring.ts";

/** What few slots have, made for those that do. */
export class SlotExtras {
  /** Hooks to run between messages: they are part of the system lane. */
  readonly hooks: Ring<() => unknown> = new Ring();
  readonly watchers: { readonly id: number; readonly shard: number }[] = [];
  /** Whom its incarnation is linked to, by `refKey`. */
  readonly bonds: Map<string, RefAddress> = new Map();
  /** Streams that it answers with. */
  readonly streams: Set<OutStream> = new Set();
  /** What messages from those who are not trusted hold. */
  readonly foreign: ByteBudget = new ByteBudget(MAX_FOREIGN_BYTES);
  readonly cancellations: Cancellations = new Cancellations();
  /** Dead letters of this slot. */
  buried = 0;
  name: string | undefined;
  /** What the registry gave for the name. */
  claim = 0;
  /** What the last incarnation kept. */
  kept: unknown;
  persistence: Persistence | undefined;
  /** Whether its incarnations live in boxes. */
  isBoxed = false;
  /** Whether it has joined a group: the groups want to know when it has ended. */
  grouped = false;
}
