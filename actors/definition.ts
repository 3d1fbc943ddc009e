import type { ActorContext } from "./context.ts";

/**
 * The protocol of an actor: its handlers by name. Only own properties can be called. A handler
 * gets and returns values of the one domain (see `values/`), or a promise of one.
 */
export type Handlers = { readonly [name: string]: (...args: never[]) => unknown };

/** What makes an actor's behaviour: called once per incarnation, with the arguments of `spawn`. */
export type Factory<A extends unknown[], H> = (ctx: ActorContext, ...args: A) => H | Promise<H>;

/** What `defineActor` returns and `spawn` takes. */
export interface ActorDefinition<A extends unknown[] = never[], H = unknown> {
  /** URL of the module whose default export this definition is. */
  readonly url: string;
  readonly factory: Factory<A, H>;
}

/** The handlers of a definition: `HandlersOf<typeof thermostat>`. */
export type HandlersOf<D> = D extends ActorDefinition<infer _A, infer H> ? H : never;

/**
 * Defines an actor. Make it the default export of a module of its own, so that any shard can load
 * it by the module's URL.
 *
 * The factory is the actor's start: its closure is the state, the object it returns are the
 * handlers. It runs again for every incarnation.
 *
 * @param meta `import.meta` of the defining module
 * @param factory makes the handlers; may be async, then `spawn` waits for it
 * @returns the definition, to be passed to `spawn`
 * @throws {TypeError} when `factory` is no function
 * @example
 * ```ts
 * import { defineActor } from "@macula/mesh";
 *
 * export default defineActor(import.meta, (ctx, initial: number) => {
 *   let count = ctx.kept<number>() ?? initial;
 *   ctx.keep(() => count);
 *   return {
 *     add(n: number) {
 *       count += n;
 *     },
 *     get() {
 *       return count;
 *     },
 *   };
 * });
 * ```
 */
export function defineActor<A extends unknown[], H>(
  meta: { readonly url: string },
  factory: Factory<A, H>,
): ActorDefinition<A, H> {
  if (typeof factory !== "function") {
    throw new TypeError(
      `defineActor got ${typeof factory} as factory: pass (ctx, …args) => ({ …handlers })`,
    );
  }
  return { url: meta.url, factory };
}

/** Whether something that a module exports is an actor definition. */
export function isActorDefinition(value: unknown): value is ActorDefinition<unknown[], unknown> {
  return typeof value === "object" && value !== null &&
    typeof (value as { url?: unknown }).url === "string" &&
    typeof (value as { factory?: unknown }).factory === "function";
}
