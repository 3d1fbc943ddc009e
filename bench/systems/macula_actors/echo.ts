import { defineActor, type HandlersOf, type Ref } from "../../../actors/mod.ts";

/** Replies with the number that it is asked with. */
const echo = defineActor(import.meta, () => ({ echo: (n: number): number => n }));

/** A ref to one. */
export type Echo = Ref<HandlersOf<typeof echo>>;

export default echo;
