import type { RefAddress } from "../values/mod.ts";
import { boxed } from "./box/boxed.ts";
import type { BusParts } from "./bus.ts";
import type { ActorContext } from "./context.ts";
import { type Factory, type Handlers, isActorDefinition } from "./definition.ts";
import { ActorError, describe, EndedError, SpawnError } from "./errors.ts";
import type { GroupChange } from "./groups/group_table.ts";
import { groupHandlers } from "./groups/groups.ts";
import type { Kernel } from "./kernel.ts";
import { DEFAULT_MAILBOX } from "./mailbox.ts";
import { begin } from "./life.ts";
import {
  GROUPS_SLOT,
  REGISTRY_SLOT,
  REPORTER_SLOT,
  SERVICE_SLOT,
  serviceOf,
  TERMS_SLOT,
} from "./own_slots.ts";
import { WatchedNames } from "./registry/watched_names.ts";
import { type AnyRef, NO_OPTIONS } from "./ref.ts";
import type { CrashReport, ShardInfo, ShardVitals } from "./reports.ts";
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
  /** Who holds a name that this shard asked for, or that nobody does any more. */
  named(name: string, holder: AnyRef | null): void;
  groupChanged(change: GroupChange<AnyRef>): void;
  info(): ShardInfo;
  vitals(): ShardVitals;
  /** What the actor in that slot keeps, between two of its messages. */
  state(slot: number): unknown;
};

/** Starts a shard's service actor in {@link SERVICE_SLOT}. */
export async function startService(kernel: Kernel): Promise<void> {
  await startOwn(kernel, SERVICE_SLOT, "service", (ctx) => ({
    spawn(spec: SlotSpec) {
      // Loading may take long, or never end: other spawns must not wait behind it.
      const reply = ctx.deferReply();
      const signal = ctx.message?.signal;
      load(kernel, spec).then((factory) => {
        signal?.throwIfAborted();
        const { parent } = spec.kind;
        if (parent && parent.shard !== kernel.shard && !kernel.link(parent.shard)) {
          // It was lost while this one loaded: nobody would supervise it, or free its name.
          kernel.spawner.releaseName(spec.name, spec.claim);
          throw new EndedError(`who started ${spec.kind.path} is gone`, { reason: "shard-lost" });
        }
        return kernel.start(spec, factory, signal);
      }).then((address) => reply.ok({ ...address }), (error) => reply.fail(error));
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
    named(name: string, holder: AnyRef | null) {
      kernel.post.told(name, holder?.[REF]);
    },
    groupChanged(change: GroupChange<AnyRef>) {
      kernel.groups.changed(change);
    },
    info(): ShardInfo {
      return { actors: kernel.tree(), deadLetters: kernel.deadLetters.summary() };
    },
    vitals: () => kernel.vitals(),
    state(id: number) {
      const reply = ctx.deferReply();
      const slot = kernel.slot(id);
      if (!slot?.incarnation?.alive) return reply.fail(notAlive(slot?.path ?? `slot ${id}`));
      const { incarnation } = slot;
      // As `sys:get_state` of OTP: a thing that the actor does, so never in the middle of another.
      const ended = incarnation.own({ [Symbol.dispose]: () => reply.fail(notAlive(slot.path)) });
      slot.enqueueHook(incarnation, () => {
        try {
          const kept = incarnation.takeKept();
          if (kept) reply.ok(kept.value);
          else reply.fail(keepsNothing(slot.path));
        } catch (error) {
          reply.fail(error); // a look at it must not end it
        }
        ended[Symbol.dispose]();
      });
    },
  }));
}

function notAlive(path: string): Error {
  return new EndedError(`${path} has no state to show: it is not running`, { reason: "ended" });
}

function keepsNothing(path: string): Error {
  return new ActorError(
    "no-state",
    `${path} has no state to show: an actor shows what it registers with ctx.keep(() => state)`,
  );
}

/** Starts the actors that only shard 0 has: names, reports and terms. */
export async function startMainServices(
  kernel: Kernel,
  report: (crash: CrashReport) => void,
): Promise<void> {
  await startOwn(kernel, REGISTRY_SLOT, "registry", (ctx) => {
    const names = new WatchedNames<AnyRef>((shard, name, holder) => {
      kernel.ref<Service>(serviceOf(shard)).tell.named(name, holder ?? null);
    });
    return {
      claim(name: string, by: number) {
        const reply = ctx.deferReply(); // a name that is taken is no failure of the registry's
        try {
          reply.ok(names.claim(name, by));
        } catch (error) {
          reply.fail(error);
        }
      },
      shardLost(shard: number) {
        names.unwatch(shard);
        names.releaseClaimsOf(shard);
        names.releaseWhere((holder) => holder[REF].shard === shard);
      },
      watch: (name: string, shard: number) => names.watch(name, shard),
      bind(name: string, claim: number, at: RefAddress) {
        // In a shard that was lost meanwhile there is nobody left to free it.
        if (kernel.reaches(at.shard)) names.bind(name, claim, kernel.ref(at));
        else names.release(name, claim);
      },
      release: (name: string, claim: number) => names.release(name, claim),
      find: (name: string) => names.find(name) ?? null,
    };
  });
  await startOwn(kernel, REPORTER_SLOT, "reporter", () => ({ report }));
  await startOwn(kernel, TERMS_SLOT, "terms", (ctx) => termsHandlers(ctx, kernel));
  await startOwn(
    kernel,
    GROUPS_SLOT,
    "groups",
    (ctx) =>
      groupHandlers(ctx, (watcher, handler, change) => {
        kernel.post.tell(watcher[REF], handler, [change], undefined, NO_OPTIONS);
      }),
  );
}

/** Makes a slot without a supervisor for an actor of the kernel's own. */
export async function startOwn(
  kernel: Kernel,
  expected: number | undefined,
  path: string,
  make: (ctx: ActorContext) => Handlers,
): Promise<Slot> {
  const spec: SlotSpec = {
    kind: {
      ...{ url: import.meta.url, path, parent: null, restart: "temporary" },
      ...{ shutdownMs: 0, mailbox: DEFAULT_MAILBOX, persist: false },
    },
    ...{ args: [], child: 0, name: null, claim: 0, box: null },
  };
  const slot = kernel.create(spec, make as Factory<unknown[], unknown>);
  if (expected !== undefined && slot.id !== expected) {
    throw new Error(`${path} got slot ${slot.id} instead of ${expected}: started out of order`);
  }
  await begin(slot);
  return slot;
}

async function load(kernel: Kernel, spec: SlotSpec): Promise<Factory<unknown[], unknown>> {
  const { url, path } = spec.kind;
  if (spec.box) {
    const { placement, options } = spec.box;
    return boxed({ url, placement, path, box: options }, kernel.boxes.inside);
  }
  let loaded: { default?: unknown };
  try {
    loaded = await import(url);
  } catch (error) {
    throw new SpawnError(`${url} could not be loaded: ${describe(error)}`, { url });
  }
  if (!isActorDefinition(loaded.default) || loaded.default.url !== url) {
    throw new SpawnError(
      `the default export of ${url} is no actor definition: give the actor a module of its ` +
        `own with "export default defineActor(import.meta, …)", or spawn it with placement "here"`,
      { url },
    );
  }
  return loaded.default.factory;
}
