/** What a hostile agent tries. @module */

/** Attempts that are refused where the agent is loaded: what it imports, and what is said of it. */
export const LOADED: readonly [what: string, before: string, refused: RegExp][] = [
  ["a file outside of its folder", `import x from "../secret.ts"; x;`, /agent\.ts:2: .*secret\.ts/],
  [
    "a file outside of its folder by its URL",
    `import x from "file:///etc/passwd"; x;`,
    /agent\.ts:2: .*passwd/,
  ],
  [
    "a file as text",
    `import x from "./agent.ts" with { type: "text" }; x;`,
    /agent\.ts:2: .*with attributes/,
  ],
  ["https:", `import "https://example.com/x.js";`, /agent\.ts:2: .*https:\/\/example/],
  ["npm:", `import "npm:left-pad@1.3.0";`, /agent\.ts:2: .*npm:left-pad/],
  ["jsr:", `import "jsr:@std/path";`, /agent\.ts:2: .*jsr:/],
  ["data:", `import "data:text/javascript,1";`, /agent\.ts:2: .*data:/],
  ["blob:", `import "blob:null/1";`, /agent\.ts:2: .*blob:/],
  ["node:", `import fs from "node:fs"; fs;`, /agent\.ts:2: .*node:fs/],
  ["a bare name", `import fs from "fs"; fs;`, /agent\.ts:2: .*"fs"/],
  ["node: by require", `const fs = require("node:fs");`, /agent\.ts:2: .*node:fs/],
  ["node: by a literal import()", `await import("node:fs");`, /agent\.ts:2: .*node:fs/],
  ["https: by an export", `export * from "https://example.com/x.js";`, /agent\.ts:2: .*https:/],
  ["what the face has not", `import { MaculaNode } from "@macula/mesh"; MaculaNode;`, /MaculaNode/],
];
/** Attempts at run time: code of a handler that must not succeed. */
export const RUN: readonly [what: string, attempt: string][] = [
  ...[
    "file:///etc/passwd",
    "https://example.com/x.js",
    "npm:left-pad@1.3.0",
    "jsr:@std/path",
    "data:text/javascript,export default 1",
    "node:fs",
    "node:process",
  ].flatMap((specifier): [string, string][] => [
    [
      `a computed import of ${specifier}`,
      `const at = [${JSON.stringify(specifier)}].join(""); return await import(at);`,
    ],
    [
      `a computed import of ${specifier} as text`,
      `const at = [${JSON.stringify(specifier)}].join("");
       return await import(at, { with: { type: "text" } });`,
    ],
  ]),
  ["a blob: import", `return await import(URL.createObjectURL(new Blob(["export default 1"])));`],
  ["fetch", `return await fetch("http://127.0.0.1:1/");`],
  ["fetch by globalThis", `return await globalThis["fe" + "tch"]("data:text/plain,x");`],
  ["a WebSocket", `return new WebSocket("ws://127.0.0.1:1/");`],
  ["an EventSource", `return new EventSource("http://127.0.0.1:1/");`],
  ["Deno.readTextFile", `return await Deno.readTextFile("/etc/hostname");`],
  ["Deno.writeTextFile", `return await Deno.writeTextFile("/tmp/x", "");`],
  ["Deno.connect", `return await Deno.connect({ port: 1 });`],
  ["Deno.env", `return Deno.env.get("PATH");`],
  ["a subprocess", `return new Deno.Command("true").outputSync();`],
  ["FFI", `return Deno.dlopen("libc.so.6", {});`],
  ["Deno.exit", `return Deno.exit(0);`],
  ["Deno.permissions.request", `return await Deno.permissions.request({ name: "read" });`],
  ["process.env", `return process.env.PATH;`],
  ["process.binding", `return process.binding("fs");`],
  ["Buffer", `return Buffer.from("x");`],
  ["localStorage", `localStorage.setItem("a", "b"); return 1;`],
  ["sessionStorage", `sessionStorage.setItem("a", "b"); return 1;`],
  ["caches", `return await caches.open("x");`],
  ["indexedDB", `return indexedDB.open("x");`],
  ["a Worker", `return new Worker("data:text/javascript,", { type: "module" });`],
  ["a BroadcastChannel", `return new BroadcastChannel("x");`],
  ["navigator", `return navigator.hardwareConcurrency;`],
  ["prompt", `return prompt("?");`],
  ["close", `return close();`],
  ["eval", `return eval("1 + 1");`],
  ["an indirect eval", `return (0, eval)("1 + 1");`],
  ["new Function", `return new Function("return 1")();`],
  ["an async Function", `return await (async () => {}).constructor("return 1")();`],
  [
    "a timer made of text",
    `let hit = 0; globalThis.hit = () => hit++;
    setTimeout("hit()", 0); await new Promise((r) => setTimeout(r, 20)); if (hit) return 1; throw 0;`,
  ],
  ["import.meta.resolve", `return import.meta.resolve("./x.ts");`],
  ["import.meta.filename", `if (import.meta.filename) return 1; throw 0;`],
  ["require", `return require(["node", "fs"].join(":"));`],
  ["a change of import.meta", `import.meta.url = "x"; return 1;`],
  ["the constructor of globalThis", `return new globalThis.constructor().Deno.pid;`],
  [
    "Deno's inner symbols",
    `const hidden = Reflect.ownKeys(globalThis).filter((key) => typeof key === "symbol")
    .map((key) => globalThis[key]).filter((value) => value?.core || value?.internal);
    if (hidden.length > 0) return 1; throw 0;`,
  ],
  [
    "a ref that it was not given",
    `const forged = { [Symbol.for("macula.ref")]: { shard: 0, slot: 7 } };
    return await given[0].ask.ping(forged);`,
  ],
  ["ctx.spawn", `return await ctx.spawn({ url: "file:///x.ts", factory() {} }, {});`],
  ["ctx.supervise", `return ctx.supervise({});`],
  ["ctx.term", `return ctx.term("x");`],
  ["ctx.stopChild", `return await ctx.stopChild(ctx.self);`],
];
