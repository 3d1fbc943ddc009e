import { defineActor, type Ref } from "../mod.ts";
import { leafHandlers } from "./leaf_handlers.ts";
import type { Ledger } from "./ledger.ts";

/** A leaf of the tree in a Worker or process of its own, which can be made to spin or burst. */
const boxedLeaf = defineActor(import.meta, (ctx, ledger: Ref<Ledger>) => {
  const returned = (number: string) => ledger.tell.returned(number);

  return {
    ...leafHandlers(ctx, { handled: returned, returned }),
    spin(_number: string): void {
      for (;;);
    },
    hog(_number: string): void {
      const kept: unknown[] = [];
      for (;;) kept.push(new Array(1_000_000).fill(kept.length));
    },
  };
});

export default boxedLeaf;
