import { defineActor } from "../mod.ts";

/** An actor that is no default export: no shard can find it. */
export const notTheDefault = defineActor(import.meta, () => ({ nothing(): void {} }));

export default 42;
