import type { RefAddress } from "../values/mod.ts";
import type { BusParts } from "./bus.ts";
import type { ActorContext } from "./context.ts";
import { type Factory, type Handlers, isActorDefinition } from "./definition.ts";
import { describe, SpawnError } from "./errors.ts";
import type { Kernel } from "./kernel.ts";
import { REGISTRY_SLOT, REPORTER_SLOT, SERVICE_SLOT, TERMS_SLOT } from "./own_slots.ts";
import { NameTable } from "./registry.ts";
import type { AnyRef } from "./ref.ts";
import type { CrashReport, ShardInfo } from "./reports.ts";
import type { Slot } from "./slot.ts";
import type { SlotSpec } from "./slot_spec.ts";
import { REF } from "../values/mod.ts";
import type { TermRecord } from "./term_table.ts";
import { termsHandlers } from "./terms.ts";

/** The protocol of a shard's service actor: what other shards may ask of a shard. */
export type Service = {
  spawn(spec: SlotSpec): RefAddress;
  attachBus(parts: BusParts): void;
  attachStore(store: AnyRef): void;
  putTerm(term: TermRecord): void;
  info(): ShardInfo;
};

/** Starts a shard's service actor in {@link SERVICE_SLOT}. */
export async function startService(kernel: Kernel): Promise<void> {
  await startOwn(kernel, SERVICE_SLOT, "service", (ctx) => ({
    spawn(spec: SlotSpec) {
      // Loading may take long, or never end: other spawns must not wait behind it.
      const reply = ctx.deferReply();
      const signal = ctx.message?.signal;
      load(spec).then((factory) => kernel.start(spec, factory)).then(
        (address) => {
          // Who asked for it gave up: nobody would ever stop it.
          if (signal?.aborted) kernel.signal(address, { type: "kill" });
          reply.ok({ ...address });
        },
        (error) => reply.fail(error),
      );
    },
    attachBus(parts: BusParts) {
      kernel.bus.attach(parts);
    },
    attachStore(store: AnyRef) {
      kernel.keptStore.attach(store);
    },
    putTerm(term: TermRecord) {
      kernel.terms.put(term);
    },
    info(): ShardInfo {
      return { actors: kernel.tree(), deadLetters: kernel.deadLetters.summary() };
    },
  }));
}

/** Starts the actors that only shard 0 has: names, reports and terms. */
export async function startMainServices(
  kernel: Kernel,
  report: (crash: CrashReport) => void,
): Promise<void> {
  await startOwn(kernel, REGISTRY_SLOT, "registry", (ctx) => {
    const names = new NameTable<AnyRef>();
    return {
      claim(name: string) {
        const reply = ctx.deferReply(); // a name that is taken is no failure of the registry's
        try {
          reply.ok(names.claim(name));
        } catch (error) {
          reply.fail(error);
        }
      },
      shardLost: (shard: number) => names.releaseWhere((holder) => holder[REF].shard === shard),
      bind: (name: string, claim: number, at: RefAddress) =>
        names.bind(name, claim, kernel.ref(at)),
      release: (name: string, claim: number) => names.release(name, claim),
      find: (name: string) => names.find(name) ?? null,
    };
  });
  await startOwn(kernel, REPORTER_SLOT, "reporter", () => ({ report }));
  await startOwn(kernel, TERMS_SLOT, "terms", (ctx) => termsHandlers(ctx, kernel));
}

/** Makes a slot without a supervisor for an actor of the kernel's own. */
export async function startOwn(
  kernel: Kernel,
  expected: number | undefined,
  path: string,
  make: (ctx: ActorContext) => Handlers,
): Promise<Slot> {
  const spec: SlotSpec = {
    ...{ url: import.meta.url, args: [], name: null, claim: 0, path, mailbox: {} },
    ...{ parent: null, restart: "temporary", persist: false },
  };
  const slot = kernel.create(spec, make as Factory<unknown[], unknown>);
  if (expected !== undefined && slot.id !== expected) {
    throw new Error(`${path} got slot ${slot.id} instead of ${expected}: started out of order`);
  }
  await slot.begin();
  return slot;
}

async function load(spec: SlotSpec): Promise<Factory<unknown[], unknown>> {
  let loaded: { default?: unknown };
  try {
    loaded = await import(spec.url);
  } catch (error) {
    throw new SpawnError(`${spec.url} could not be loaded: ${describe(error)}`, { url: spec.url });
  }
  if (!isActorDefinition(loaded.default) || loaded.default.url !== spec.url) {
    throw new SpawnError(
      `the default export of ${spec.url} is no actor definition: give the actor a module of its ` +
        `own with "export default defineActor(import.meta, …)", or spawn it with placement "here"`,
      { url: spec.url },
    );
  }
  return loaded.default.factory;
}
