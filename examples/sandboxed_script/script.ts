/**
 * A script that nobody should trust. It adds, as it is asked to; and it tries to get at the machine
 * that it runs on.
 *
 * @module
 */
import { defineActor } from "@macula/mesh";

const ATTEMPTS: Readonly<Record<string, () => unknown>> = {
  "read a file": () => Deno.readTextFile("/etc/passwd"),
  "fetch": async () => (await fetch("https://example.com/")).status,
  "import": () => import(["npm", "yaml"].join(":")),
  "run a program": () => new Deno.Command("id").output(),
  "spin": () => {
    for (;;);
  },
};

export default defineActor(import.meta, () => ({
  add: (a: number, b: number): number => a + b,
  async attempt(what: string): Promise<string> {
    try {
      return `done: ${await ATTEMPTS[what]?.()}`;
    } catch (error) {
      return String(error);
    }
  },
}));
