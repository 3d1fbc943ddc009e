import assert from "node:assert/strict";
import { join } from "node:path";
import { STRICT } from "../testing/conformance.ts";
import { soak } from "./soak.ts";

/** Deeds of the short run; `deno task soak` runs for as long as you like. */
const DEEDS = 600;

Deno.test(
  "a tree that is killed at random is whole in the end, and its books balance",
  STRICT,
  async () => {
    const folder = await Deno.makeTempDir();
    const { problems } = await soak({
      ...{ seed: 7, actors: 100, boxes: 2, burst: 20, looks: 3_000 },
      journal: join(folder, "journal"),
      goOn: (deeds) => deeds < DEEDS,
    });
    assert.deepEqual(problems.slice(0, 10), []);
    await Deno.remove(folder, { recursive: true });
  },
);
