import assert from "node:assert/strict";
import { HandlerError } from "../mod.ts";
import { LOADED, RUN } from "./testing/attempts.ts";
import { Scene } from "./testing/scene.ts";

for (const [what, before, refused] of LOADED) {
  Deno.test(`the sandbox refuses a static import of ${what} at load, with file and line`, async () => {
    await using scene = await Scene.make();
    await scene.undisturbed(assert.rejects(scene.spawn("", before), refused));
  });
}

Deno.test("the sandbox refuses a link that leads out of the folder", async () => {
  await using scene = await Scene.make();
  await Deno.symlink("/etc/hostname", `${scene.folder.path}/inside.ts`);
  await assert.rejects(scene.spawn("", `import "./inside.ts";`), /outside of the root/);
});

Deno.test("the sandbox shows no more globals than its list, and what is there reaches nothing", async () => {
  await using scene = await Scene.make();
  const ref = await scene.spawn("return Object.getOwnPropertyNames(globalThis).join();");
  const names = String(await ref.ask.attempt()).split(",");
  for (const gone of ["Deno", "process", "fetch", "Worker", "localStorage", "caches", "global"]) {
    assert.ok(!names.includes(gone), gone);
  }
});

for (const [what, attempt] of RUN) {
  Deno.test(`the sandbox refuses ${what}`, async () => {
    await using scene = await Scene.make();
    const ref = await scene.spawn(attempt);
    await scene.undisturbed(assert.rejects(ref.ask.attempt(scene.witness), HandlerError));
  });
}

Deno.test("the sandbox leaves an agent the language, time, text and digests", async () => {
  await using scene = await Scene.make();
  const ref = await scene.spawn(`
    await new Promise((done) => setTimeout(done, 1));
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode("x")));
    console.log("a line on stderr");
    return [digest.length, new URL("http://a/b").pathname, performance.now() > 0, import.meta.url];
  `);
  const url = new URL(`file://${scene.folder.path}/agent.ts`).href;
  assert.deepEqual(await ref.ask.attempt(), [32, "/b", true, url]);
});

Deno.test("the attempts that the sandbox refuses succeed where nothing is refused", async () => {
  await using scene = await Scene.make();
  const ref = await scene.spawn(
    `return [
      (await (await fetch("data:text/plain,x")).text()),
      typeof (await Deno.readTextFile(new URL(import.meta.url))),
      typeof process.pid,
      new Worker("data:text/javascript,", { type: "module" }).terminate(),
      navigator.hardwareConcurrency > 0,
    ].map(String);`,
    "",
    { permissions: "inherit", memoryMb: 4_096 }, // a Worker of its own takes 512 for code
  );
  assert.deepEqual(await ref.ask.attempt(), ["x", "string", "number", "undefined", "true"]);
});

Deno.test("a compiled binary's host, which starts with every permission, refuses them all too", async () => {
  await using scene = await Scene.make();
  const attempts = RUN.map(([, attempt], i) =>
    `async a${i}(...given) { try { await (async () => { ${attempt} })(); return "done"; } catch { return "refused"; } }`
  );
  const url = await scene.folder.agent("agent.ts", attempts.join(",\n"));
  const executable = await scene.folder.write(
    "binary",
    `#!/bin/sh\nexec ${Deno.execPath()} run -A --no-config ${
      new URL("./testing/binary_main.ts", import.meta.url).pathname
    } "$@"\n`,
  );
  await Deno.chmod(executable, 0o700);
  const changes = { hostUrl: undefined, executable: executable.pathname };
  const ref = await scene.boxes.spawnIn<Record<string, (witness: unknown) => string>>(url, changes);
  for (const [i, [what]] of RUN.entries()) {
    assert.equal(await ref.ask[`a${i}`]!(scene.witness), "refused", what);
  }
});

Deno.test("the sandbox has no environment of its owner's, and no folder to write to", async () => {
  await using scene = await Scene.make();
  const ref = await scene.spawn(
    `return [Object.keys(Deno.env.toObject()).filter((name) => name !== "PWD").sort().join(), Deno.cwd()];`,
    "",
    { permissions: { env: true, read: true } },
  );
  assert.deepEqual(await ref.ask.attempt(), [
    ...["DENO_DIR,DENO_NO_UPDATE_CHECK,DENO_V8_FLAGS,NO_COLOR", "/"],
  ]);
});
