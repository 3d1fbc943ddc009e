import assert from "node:assert/strict";
import { boxConsole } from "./box_console.ts";

Deno.test("boxConsole() writes a bounded line for what it is given", () => {
  const written: string[] = [];
  const console = boxConsole((text) => written.push(text), (value) => `<${typeof value}>`);
  console.log!("a", 1, { b: 2 });
  console.error!("x".repeat(5_000));
  console.assert!(true, "fine");
  console.assert!(false, "not fine");
  console.clear!();
  assert.deepEqual(written, [
    ...["a <number> <object>\n", `${"x".repeat(1_000)}\n`, "assertion failed: not fine\n"],
  ]);
});

Deno.test("boxConsole() has the functions that agents call", () => {
  const made = boxConsole(() => {}, String);
  const names = [
    ...["log", "info", "debug", "warn", "error", "trace", "dir", "table", "assert", "clear"],
    ...["group", "groupCollapsed", "groupEnd", "count", "countReset", "time", "timeLog", "timeEnd"],
  ];
  for (const name of names) {
    assert.equal(typeof made[name], "function", name);
    assert.ok(name in globalThis.console, name);
  }
});
