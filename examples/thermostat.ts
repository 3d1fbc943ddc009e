/**
 * An actor that keeps a target temperature, and says so on the topic `home/target`.
 *
 * @module
 */
import { defineActor } from "@macula/mesh";

export default defineActor(import.meta, (ctx, initial: number) => {
  let target = ctx.kept<number>() ?? initial; // what the last incarnation kept, if it kept anything
  ctx.keep(() => target); // for the next one, should this one fail
  return {
    set(t: number) {
      target = t;
      ctx.publish("home/target", t);
    },
    get() {
      return target;
    },
  };
});
