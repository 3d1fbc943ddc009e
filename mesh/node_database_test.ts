import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import {
  APPLICATION_ID,
  DATABASE_FILE,
  openNodeDatabase,
  SCHEMA_VERSION,
} from "./node_database.ts";

const windows = Deno.build.os === "windows";

async function withFolder(test: (folder: string, path: string) => void | Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder, join(folder, DATABASE_FILE));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Does something to a file as another program would. */
function edit(path: string, statements: string): void {
  const db = new DatabaseSync(path);
  db.exec(statements);
  db.close();
}

Deno.test("openNodeDatabase() makes a database of the present schema, in WAL mode", () =>
  withFolder((folder, path) => {
    const db = openNodeDatabase(folder);
    assert.equal(db.prepare("PRAGMA journal_mode").get()?.journal_mode, "wal");
    assert.equal(db.prepare("PRAGMA synchronous").get()?.synchronous, 1, "NORMAL");
    assert.equal(db.prepare("PRAGMA user_version").get()?.user_version, SCHEMA_VERSION);
    assert.equal(db.prepare("PRAGMA application_id").get()?.application_id, APPLICATION_ID);
    assert.deepEqual(db.prepare("SELECT * FROM kept").all(), []);
    db.close();
    const bytes = Deno.readFileSync(path);
    openNodeDatabase(folder).close();
    assert.deepEqual(Deno.readFileSync(path), bytes, "opening it again changes nothing");
  }));

Deno.test({
  name: "openNodeDatabase() keeps the database, and the files beside it, from other users",
  ignore: windows,
  fn: () =>
    withFolder((folder, path) => {
      const modes = () =>
        [...Deno.readDirSync(folder)].map(({ name }) => {
          return `${name} ${((Deno.statSync(join(folder, name)).mode ?? 0) & 0o777).toString(8)}`;
        }).sort();
      let db = openNodeDatabase(folder);
      db.exec("INSERT INTO kept VALUES ('a', x'00', 0)");
      assert.deepEqual(modes(), ["node.db 600", "node.db-shm 600", "node.db-wal 600"]);
      db.close();
      Deno.chmodSync(path, 0o644);
      db = openNodeDatabase(folder);
      assert.equal(modes()[0], "node.db 600");
      db.close();
    }),
});

Deno.test("openNodeDatabase() takes a file that was made and never filled", () =>
  withFolder((folder, path) => {
    Deno.writeFileSync(path, new Uint8Array());
    openNodeDatabase(folder).close();
  }));

Deno.test("openNodeDatabase() refuses a newer schema, and leaves it as it is", () =>
  withFolder((folder, path) => {
    openNodeDatabase(folder).close();
    edit(path, `PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    const bytes = Deno.readFileSync(path);
    assert.throws(() => openNodeDatabase(folder), (error: Error) => {
      assert(
        error.message.startsWith(`${path} has schema ${SCHEMA_VERSION + 1}, this version of `),
      );
      assert.match(error.message, /start the newer version that wrote it/);
      return true;
    });
    assert.deepEqual(Deno.readFileSync(path), bytes);
  }));

Deno.test("openNodeDatabase() refuses what is no database, and leaves it as it is", () =>
  withFolder((folder, path) => {
    for (const text of ["no database\n", "SQLite format 3\0".repeat(300)]) {
      Deno.writeTextFileSync(path, text);
      assert.throws(() => openNodeDatabase(folder), (error: Error) => {
        assert(error.message.startsWith(`${path} cannot be read as a database (`), error.message);
        assert.match(error.message, /restore it from a backup, or move it away/);
        return true;
      });
      assert.equal(Deno.readTextFileSync(path), text);
    }
  }));

Deno.test("openNodeDatabase() refuses the database of another program", () =>
  withFolder((folder, path) => {
    edit(path, "CREATE TABLE bookmarks(url TEXT)");
    assert.throws(() => openNodeDatabase(folder), /is the database of another program/);
    edit(path, `PRAGMA application_id = 77; DROP TABLE bookmarks`);
    assert.throws(() => openNodeDatabase(folder), /another program \(application_id 77\): move it/);
  }));

Deno.test("openNodeDatabase() names the folder that is not there", () =>
  withFolder((folder) => {
    assert.throws(() => openNodeDatabase(join(folder, "absent")), /absent/);
  }));
