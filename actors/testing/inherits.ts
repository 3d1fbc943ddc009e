import { defineActor } from "../mod.ts";

class Base {
  inherited(): string {
    return "inherited";
  }
}

/** An actor whose object of handlers inherits one more function. */
export default defineActor(import.meta, () => Object.assign(new Base(), { own: () => "own" }));
