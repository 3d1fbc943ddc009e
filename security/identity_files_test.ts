import assert from "node:assert/strict";
import { join } from "node:path";
import { createIdentity } from "./identity.ts";
import {
  IdentityError,
  type IdentityErrorCode,
  loadIdentity,
  loadOrCreateIdentity,
  saveIdentity,
} from "./identity_files.ts";
import { verifySignature } from "./ed25519.ts";

const windows = Deno.build.os === "windows";

/** A data folder that is gone after the test. */
async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "macula-identity-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Confirms an error's code and path, and that its message names the path and says what to do. */
async function assertRefused(
  action: Promise<unknown>,
  code: IdentityErrorCode,
  path: string,
  message: RegExp,
): Promise<void> {
  await assert.rejects(action, (error: unknown) => {
    assert.ok(error instanceof IdentityError, String(error));
    assert.equal(error.code, code, error.message);
    assert.equal(error.path, path);
    assert.ok(error.message.startsWith(`${path}: `), error.message);
    assert.match(error.message, message);
    return true;
  });
}

async function names(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

const FILES = ["inception", "next.key", "node.key", "recovery.key"];

Deno.test("loadIdentity() reads back what saveIdentity() wrote", () =>
  withFolder(async (folder) => {
    const identity = createIdentity();
    await saveIdentity(folder, identity);
    const loaded = await loadIdentity(folder);
    assert.equal(loaded.nodeId, identity.nodeId);
    assert.deepEqual(loaded.inception, identity.inception);
    assert.deepEqual(loaded.publicKey, identity.publicKey);
    const message = new TextEncoder().encode("hello");
    assert.equal(verifySignature(identity.publicKey, message, loaded.sign(message)), true);
    assert.deepEqual(await names(folder), ["identity"]);
    assert.deepEqual(await names(join(folder, "identity")), FILES);
  }));

Deno.test("loadOrCreateIdentity() makes an identity once, in a folder that need not exist", () =>
  withFolder(async (parent) => {
    const folder = join(parent, "not", "yet");
    const first = await loadOrCreateIdentity(folder);
    const second = await loadOrCreateIdentity(folder);
    assert.equal(second.nodeId, first.nodeId);
  }));

Deno.test("loadOrCreateIdentity() takes randomness from its argument", () =>
  withFolder(async (folder) => {
    let next = 0;
    const counting = (length: number) => new Uint8Array(length).fill(++next);
    const made = await loadOrCreateIdentity(folder, counting);
    next = 0;
    assert.equal(made.nodeId, createIdentity(counting).nodeId);
  }));

Deno.test({
  name: "saveIdentity() gives folder and files to their owner alone, whatever the umask",
  ignore: windows,
  fn: () =>
    withFolder(async (folder) => {
      const before = Deno.umask(0);
      try {
        await saveIdentity(folder, createIdentity());
      } finally {
        Deno.umask(before);
      }
      const mode = async (path: string) => (await Deno.stat(path)).mode! & 0o777;
      assert.equal(await mode(join(folder, "identity")), 0o700);
      for (const name of FILES) {
        assert.equal(await mode(join(folder, "identity", name)), 0o600, name);
      }
    }),
});

Deno.test("saveIdentity() never overwrites an identity, whole or not", () =>
  withFolder(async (folder) => {
    const first = createIdentity();
    await saveIdentity(folder, first);
    const home = join(folder, "identity");
    await assertRefused(saveIdentity(folder, createIdentity()), "exists", home, /move it away/);
    assert.equal((await loadIdentity(folder)).nodeId, first.nodeId);

    await Deno.remove(join(home, "inception"));
    await assertRefused(saveIdentity(folder, createIdentity()), "exists", home, /move it away/);
    assert.deepEqual(await names(folder), ["identity"]);
  }));

Deno.test("of many that create an identity at once, all get the same one", () =>
  withFolder(async (folder) => {
    const all = await Promise.all(Array.from({ length: 8 }, () => loadOrCreateIdentity(folder)));
    assert.equal(new Set(all.map(({ nodeId }) => nodeId)).size, 1);
    assert.equal((await loadIdentity(folder)).nodeId, all[0]?.nodeId);
    assert.deepEqual(await names(folder), ["identity"]);
  }));

Deno.test({
  name: "a process killed at any file operation leaves no identity or a whole one",
  ignore: windows,
  fn: async () => {
    const child = new URL("./testdata/save_and_die.ts", import.meta.url);
    let [without, within] = [0, 0];
    for (let dieAt = 1;; dieAt++) {
      let completed = false;
      await withFolder(async (folder) => {
        const { signal, code, stderr } = await new Deno.Command(Deno.execPath(), {
          args: ["run", "--no-lock", "-A", child.href, folder, String(dieAt)],
          stderr: "piped",
        }).output();
        completed = code === 0;
        if (!completed) assert.equal(signal, "SIGKILL", new TextDecoder().decode(stderr));

        const survivor = await loadIdentity(folder).catch((error: unknown) => {
          assert.ok(error instanceof IdentityError && error.code === "absent", String(error));
        });
        survivor ? within++ : without++;
        const identity = await loadOrCreateIdentity(folder);
        if (survivor) assert.equal(identity.nodeId, survivor.nodeId);
        assert.deepEqual(await names(join(folder, "identity")), FILES);
        assert.deepEqual(await names(folder), ["identity"], "leftovers are cleared away");
      });
      if (completed) break;
      assert.ok(dieAt < 100, "the child never completes");
    }
    assert.ok(without > 10 && within > 3, `${without} deaths before the commit, ${within} after`);
  },
});

Deno.test("loadIdentity() says what to do where there is no identity", () =>
  withFolder(async (folder) => {
    await assertRefused(loadIdentity(folder), "absent", join(folder, "identity"), /macula init/);
    const nowhere = join(folder, "nowhere");
    await assertRefused(loadIdentity(nowhere), "absent", join(nowhere, "identity"), /macula init/);
  }));

Deno.test("an identity that lacks its key or its record is refused, and not replaced", async () => {
  for (const name of ["node.key", "inception"]) {
    await withFolder(async (folder) => {
      await saveIdentity(folder, createIdentity());
      const path = join(folder, "identity", name);
      await Deno.remove(path);
      await assertRefused(loadIdentity(folder), "absent", path, /restore it from a backup/);
      await assertRefused(loadOrCreateIdentity(folder), "absent", path, /restore it from a backup/);
    });
  }
});

Deno.test("loadIdentity() needs neither the next key nor the recovery key", () =>
  withFolder(async (folder) => {
    const identity = createIdentity();
    await saveIdentity(folder, identity);
    await Deno.remove(join(folder, "identity", "next.key"));
    await Deno.remove(join(folder, "identity", "recovery.key"));
    assert.equal((await loadIdentity(folder)).nodeId, identity.nodeId);
  }));

Deno.test({
  name: "loadIdentity() refuses a key that others can reach, and says chmod 600",
  ignore: windows,
  fn: () =>
    withFolder(async (folder) => {
      await saveIdentity(folder, createIdentity());
      for (const name of ["node.key", "next.key", "recovery.key"]) {
        const path = join(folder, "identity", name);
        for (const mode of [0o640, 0o604, 0o620, 0o601]) {
          await Deno.chmod(path, mode);
          await assertRefused(loadIdentity(folder), "exposed", path, /chmod 600/);
        }
        await Deno.chmod(path, 0o400);
        await loadIdentity(folder);
      }
    }),
});

Deno.test("loadIdentity() refuses a key that the inception record does not name", async () => {
  for (const name of ["node.key", "next.key", "recovery.key"]) {
    await withFolder(async (folder) => {
      await saveIdentity(folder, createIdentity());
      const path = join(folder, "identity", name);
      await Deno.writeTextFile(path, createIdentity().exportKeys().node);
      await assertRefused(loadIdentity(folder), "mismatch", path, /inception/);
    });
  }
});

Deno.test("loadIdentity() refuses files that are damaged, by name", async () => {
  const damages: [string, Uint8Array, RegExp][] = [
    ["node.key", new Uint8Array(0), /not an unencrypted private key/],
    ["node.key", new TextEncoder().encode("hello"), /not an unencrypted private key/],
    ["node.key", new Uint8Array(4097), /4097 bytes where at most 4096 belong/],
    ["next.key", new Uint8Array(100), /not an unencrypted private key/],
    ["inception", new Uint8Array(95).fill(9), /96 bytes, not 95/],
    ["inception", new Uint8Array(97).fill(9), /97 bytes where at most 96 belong/],
    ["inception", new Uint8Array(96), /small order/],
  ];
  for (const [name, bytes, message] of damages) {
    await withFolder(async (folder) => {
      await saveIdentity(folder, createIdentity());
      const path = join(folder, "identity", name);
      await Deno.writeFile(path, bytes);
      await assertRefused(loadIdentity(folder), "corrupt", path, message);
    });
  }
});

Deno.test("a folder where a file belongs, or the other way round, is refused by name", async () => {
  await withFolder(async (folder) => {
    await saveIdentity(folder, createIdentity());
    const path = join(folder, "identity", "node.key");
    await Deno.remove(path);
    await Deno.mkdir(path);
    await assertRefused(loadIdentity(folder), "corrupt", path, /not a regular file/);
  });
  await withFolder(async (folder) => {
    const home = join(folder, "identity");
    await Deno.writeTextFile(home, "");
    const why = /a file stands where a folder is needed/;
    await assertRefused(loadOrCreateIdentity(folder), "inaccessible", home, why);
    await assertRefused(saveIdentity(folder, createIdentity()), "inaccessible", home, why);
  });
  await withFolder(async (parent) => {
    const folder = join(parent, "data");
    await Deno.writeTextFile(folder, "");
    const home = join(folder, "identity");
    const why = /a file stands where a folder is needed/;
    await assertRefused(loadIdentity(folder), "inaccessible", home, why);
    await assertRefused(loadOrCreateIdentity(folder), "inaccessible", home, why);
  });
});

Deno.test({
  name: "loadIdentity() says so when Deno was not given access to the data folder",
  permissions: { read: false, write: false },
  fn: async () => {
    const folder = "/data";
    await assertRefused(
      loadIdentity(folder),
      "inaccessible",
      join(folder, "identity"),
      /--allow-read/,
    );
  },
});

Deno.test({
  name: "loadOrCreateIdentity() says so when the system denies access to the data folder",
  // Root may do everything.
  ignore: windows || Deno.uid() === 0,
  fn: () =>
    withFolder(async (folder) => {
      await Deno.chmod(folder, 0o500);
      try {
        await assert.rejects(loadOrCreateIdentity(folder), {
          name: "IdentityError",
          code: "inaccessible",
          message: /the system denies access/,
        });
      } finally {
        await Deno.chmod(folder, 0o700);
      }
    }),
});
