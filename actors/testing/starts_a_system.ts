import { ActorSystem, defineActor } from "../mod.ts";

await using _system = await ActorSystem.start();

/** An actor in a module that is a program as well. */
export default defineActor(import.meta, () => ({ nothing(): void {} }));
