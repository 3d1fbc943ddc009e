/**
 * What the tests of the `macula` command share: nodes and folders of their own.
 *
 * @module
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { createIdentity } from "../security/mod.ts";
import { type End, macula, MaculaProcess } from "./process.ts";

/** An address of nobody. */
export const NOBODY = `macula://${createIdentity().nodeId}@127.0.0.1:9`;

/** That a command failed so: with one sentence on stderr, and nothing on stdout. */
export function assertFailed(end: End, code: number, sentence: RegExp): void {
  assert.equal(end.code, code, end.stderr.join("\n"));
  assert.deepEqual(end.stdout, []);
  assert.equal(end.stderr.length, 1, end.stderr.join("\n"));
  assert.match(end.stderr[0] as string, sentence);
}

/** A folder of a test's own, removed when it is disposed. */
export interface Folder extends AsyncDisposable {
  readonly path: string;
}

export async function makeFolder(): Promise<Folder> {
  const path = await Deno.makeTempDir({ prefix: "macula-cli-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** The events of `--json` that a command has printed. */
export function eventsOf({ stdout }: End): { readonly [key: string]: unknown }[] {
  return stdout.map((line) => JSON.parse(line));
}

/** `macula node --json`, with options, and its address. */
export async function startNode(
  ...args: readonly string[]
): Promise<[process: MaculaProcess, address: string]> {
  const process = new MaculaProcess(["node", "--json", ...args]);
  try {
    const { address } = await process.event("ready");
    return [process, String(address)];
  } catch (error) {
    await process[Symbol.asyncDispose]();
    throw error;
  }
}

/** A node that runs on a folder, and the two ways in which commands work with it. */
export interface RunningNode extends AsyncDisposable {
  readonly process: MaculaProcess;
  readonly id: string;
  readonly address: string;
  readonly data: string;
  /** By its control socket, and as a short-lived node. */
  readonly ways: readonly (readonly [name: "--data" | "--bootstrap", value: string])[];
}

/** Starts a node on a folder of its own. */
export async function runNode(...args: readonly string[]): Promise<RunningNode> {
  const folder = await makeFolder();
  const data = join(folder.path, "data");
  let process: MaculaProcess, address: string;
  try {
    [process, address] = await startNode("--data", data, ...args);
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    throw error;
  }
  return {
    ...{ process, address, data, id: String((await process.event("ready")).nodeId) },
    ways: [["--data", data], ["--bootstrap", address]],
    async [Symbol.asyncDispose]() {
      await process[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Stops a node as Ctrl-C does, and waits for its end. */
export async function stopped(process: MaculaProcess): Promise<End> {
  process.signal("SIGTERM");
  return await process.end();
}

export { macula, MaculaProcess };
