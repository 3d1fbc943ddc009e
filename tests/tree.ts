/**
 * The files of this repository as the tests that read it see them.
 *
 * @module
 */

import { isSource } from "./imports.ts";

const ROOT = new URL("../", import.meta.url);
const at = (path: string): URL =>
  new URL("./" + path.split("/").map(encodeURIComponent).join("/"), ROOT);
const ALWAYS_SKIPPED = [".git", "node_modules/"];

/** Turns a `.gitignore` into a test of paths. Knows names, `/` at either end and `*`; no `!`. */
export function ignoring(gitignore: string): (path: string) => boolean {
  const lines = gitignore.split(/\r?\n/).filter((line) => line !== "" && !line.startsWith("#"));
  const patterns = [...ALWAYS_SKIPPED, ...lines].map((line) => {
    const anchored = line.replace(/\/$/, "").includes("/");
    const body = line.replace(/^\//, "").replace(/[.+?^${}()|[\]\\]/g, "\\$&").replace(
      /\*+/g,
      "[^/]*",
    );
    return new RegExp(`${anchored ? "^" : "(?:^|/)"}${body}${line.endsWith("/") ? "" : "(?:/|$)"}`);
  });
  return (path) => patterns.some((pattern) => pattern.test(path));
}

/**
 * Reads the repository, without what git ignores and without binary files.
 *
 * @returns Path from the root, with `/`, → text; sorted by path.
 */
export async function readTree(): Promise<Map<string, string>> {
  const ignored = ignoring(await Deno.readTextFile(at(".gitignore")));
  const files = new Map<string, string>();
  const visit = async (folder: string): Promise<void> => {
    const entries = await Array.fromAsync(Deno.readDir(at(folder)));
    for (const { name, isDirectory, isFile } of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
      const path = folder + name + (isDirectory ? "/" : "");
      if (ignored(path)) continue;
      if (isDirectory) await visit(path);
      if (!isFile) continue;
      const text = await Deno.readTextFile(at(path));
      if (isSource(path) || !text.includes("\0")) files.set(path, text);
    }
  };
  await visit("");
  return files;
}
