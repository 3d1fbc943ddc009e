import type { RefAddress } from "../values/mod.ts";

/** Slot of the shard's own service actor, in every shard. */
export const SERVICE_SLOT = 1;

/** Slot of the registry of names, in shard 0. */
export const REGISTRY_SLOT = 2;

/** Slot of the actor that takes crash reports, in shard 0. */
export const REPORTER_SLOT = 3;

/** Slot of the actor that gives every shard its copy of the terms, in shard 0. */
export const TERMS_SLOT = 4;

/** Slot of the actor that has the process groups, in shard 0. */
export const GROUPS_SLOT = 5;

/** Whether a slot is the runtime's own: what goes there is in nobody's books. */
export function isOwnSlot(shard: number, slot: number): boolean {
  return slot <= (shard === 0 ? GROUPS_SLOT : SERVICE_SLOT) && slot >= SERVICE_SLOT;
}

/** The registry of names. */
export const REGISTRY: RefAddress = { shard: 0, slot: REGISTRY_SLOT };

/** The actor that takes crash reports. */
export const REPORTER: RefAddress = { shard: 0, slot: REPORTER_SLOT };

/** The actor that gives every shard its copy of the terms. */
export const TERMS: RefAddress = { shard: 0, slot: TERMS_SLOT };

/** The actor that has the process groups. */
export const GROUPS: RefAddress = { shard: 0, slot: GROUPS_SLOT };

/** A shard's service actor. */
export function serviceOf(shard: number): RefAddress {
  return { shard, slot: SERVICE_SLOT };
}
