import { encodeValue } from "../values/mod.ts";
import { MAX_DEADLINE_MS } from "./constants.ts";
import type { ActorContext } from "./context.ts";
import { EndedError } from "./errors.ts";
import type { Kernel } from "./kernel.ts";
import { serviceOf } from "./own_slots.ts";
import type { Service } from "./service.ts";
import { termLabel, type TermRecord } from "./term_table.ts";

/** The protocol of the actor that gives every shard its copy of the terms. */
export type Terms = {
  /**
   * Gives the term of that name a value, in place of the one that it had; settles when every shard
   * that lives has it. A value outside of the domain, or with a ref in it, is refused with a
   * `ValueError`; `undefined` takes the value away.
   */
  put(name: string, value: unknown): Promise<void>;
};

/** The handlers of {@link Terms}, in shard 0. */
export function termsHandlers(ctx: ActorContext, kernel: Kernel): Terms {
  return {
    put(name: string, value: unknown): Promise<void> {
      let encoded: Uint8Array;
      try {
        encoded = encodeValue(value, termLabel(name));
      } catch (error) {
        ctx.refuse(error);
        return Promise.resolve();
      }
      const term = { name, version: kernel.terms.version(name) + 1, encoded };
      const reply = ctx.deferReply();
      // In one go with the fan-out: a shard that is joined later starts with what this table has.
      kernel.terms.put(term);
      const taken = kernel.peers.map((shard) => putInto(kernel, shard, term));
      Promise.all(taken).then(() => reply.ok(), reply.fail);
      return Promise.resolve();
    },
  };
}

async function putInto(kernel: Kernel, shard: number, term: TermRecord): Promise<void> {
  // A message that expires is not handled: a shard that is busy for long would miss the term.
  const service = kernel.ref<Service>(serviceOf(shard)).with({ deadlineMs: MAX_DEADLINE_MS });
  try {
    await service.ask.putTerm(term);
  } catch (error) {
    if (!(error instanceof EndedError)) throw error; // in a shard that is lost, nobody reads it
  }
}
