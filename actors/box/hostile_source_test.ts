import assert from "node:assert/strict";
import { Scene } from "./testing/scene.ts";

Deno.test("a source map comment in an agent's source has no file read", async () => {
  await using scene = await Scene.make();
  for (const named of ["/dev/zero", "file:///etc/hostname", "../../../../etc/hostname"]) {
    const ref = await scene.spawn("return 1;", `//# sourceMappingURL=${named}\n`);
    assert.equal(await ref.ask.attempt(), 1, named);
  }
});

Deno.test("an agent whose constants double is not bundled, and the node goes on", async () => {
  await using scene = await Scene.make();
  const doubles = Array.from({ length: 26 }, (_, i) => `a${i + 1} = a${i} + a${i}`).join(", ");
  const bomb = `export enum Bomb { a0 = "0123456789abcdef", ${doubles} }`;
  const spawned = scene.spawn("return 1;", bomb);
  await scene.undisturbed(assert.rejects(spawned, /could not be loaded|bytes of code/));
  const next = await scene.spawn("return 2;");
  assert.equal(await next.ask.attempt(), 2);
});

Deno.test("an agent with imports without end is refused in few words", async () => {
  await using scene = await Scene.make();
  const imports = Array.from({ length: 3_000 }, (_, i) => `import "x${i}";`).join("");
  await assert.rejects(scene.spawn("return 1;", imports), (error: Error) => {
    assert(error.message.length < 20_000, `${error.message.length} characters`);
    return /could not be loaded/.test(error.message);
  });
});

Deno.test("an import of a pipe is refused", async () => {
  await using scene = await Scene.make();
  const made = await new Deno.Command("mkfifo", { args: [`${scene.folder.path}/pipe.ts`] })
    .output();
  assert(made.success);
  await assert.rejects(scene.spawn("return 1;", `import "./pipe.ts";`), /no ordinary file/);
});

Deno.test("what an agent says of its errors cannot steer a terminal", async () => {
  await using scene = await Scene.make();
  const ref = await scene.spawn(`
    const error = new Error("a\\u001b]0;title\\u0007b");
    error.stack = "x\\u001b[2Jy\\nmacula: forged";
    throw error;
  `);
  await assert.rejects(ref.ask.attempt(), (error: Error) => !error.message.includes("\u001b"));
  const { stack, error } = scene.boxes.crashes.at(-1)!;
  for (const obeyed of ["\u001b", "\u0007"]) assert(!(stack + error).includes(obeyed));
});

Deno.test("a process whose frame would become too many objects is killed", async () => {
  await using scene = await Scene.make();
  const ref = await scene.spawn(`return Array.from({ length: 100_000 }, () => ({}));`);
  await assert.rejects(ref.ask.attempt(), { code: "ended", message: /more objects than may be/ });
  assert.equal(await scene.witness.ask.ping(), "pong");
});
