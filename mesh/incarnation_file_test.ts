import assert from "node:assert/strict";
import { join } from "node:path";
import { nextIncarnation } from "./incarnation_file.ts";

Deno.test("nextIncarnation() grows with every start, even when the clock was set back", async () => {
  const data = await Deno.makeTempDir();
  try {
    assert.equal(await nextIncarnation(data, 1_000), 1_000);
    assert.equal(await nextIncarnation(data, 2_000), 2_000);
    assert.equal(await nextIncarnation(data, 500), 2_001);
    assert.equal(await nextIncarnation(data, 2_001), 2_002);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});

Deno.test("nextIncarnation() is the time for a node that keeps nothing", async () => {
  assert.equal(await nextIncarnation(undefined, 77), 77);
});

Deno.test("nextIncarnation() refuses a file that holds no number, naming it", async () => {
  const data = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(data, "incarnation"), "soon\n");
    await assert.rejects(nextIncarnation(data, 1), /incarnation holds "soon/);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});
