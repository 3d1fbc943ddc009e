/**
 * Run by identity_files_test.ts: makes an identity in the folder of the first argument, and kills
 * itself with SIGKILL at the file operation whose number the second argument gives. A write dies
 * half done.
 *
 * @module
 */

import { loadOrCreateIdentity } from "../identity_files.ts";

const [folder = "", dieAt = ""] = Deno.args;
let operations = 0;

/** Counts an operation; true when it is the one to die at. */
function isLast(): boolean {
  return ++operations === Number(dieAt);
}

function die(): never {
  Deno.kill(Deno.pid, "SIGKILL");
  while (true); // The signal may take a moment; nothing may happen in it.
}

const { mkdir, open, rename } = Deno;
Deno.mkdir = (...args) => isLast() ? die() : mkdir(...args);
Deno.open = (...args) => isLast() ? die() : open(...args);
Deno.rename = (...args) => isLast() ? die() : rename(...args);

const file = Deno.FsFile.prototype;
const { write, sync } = file;
file.write = async function (bytes) {
  if (!isLast()) return await write.call(this, bytes);
  await write.call(this, bytes.subarray(0, bytes.length / 2));
  return die();
};
file.sync = async function () {
  return isLast() ? die() : await sync.call(this);
};

await loadOrCreateIdentity(folder);
