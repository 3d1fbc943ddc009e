import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Name of the database in a node's data folder. */
export const DATABASE_FILE = "node.db";

/**
 * What marks a database as a node's (SQLite's `PRAGMA application_id`): "Mcla" in ASCII. A file of
 * another program must not be written to, whatever its version says.
 */
export const APPLICATION_ID = 0x4d636c61;

/**
 * What brings a database from one schema to the next; its length is the present schema's number
 * (`PRAGMA user_version`). Entries are only ever added: a node in the field may be at any of them.
 */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE kept(
     name TEXT PRIMARY KEY,
     state BLOB NOT NULL,
     saved_ms INTEGER NOT NULL
   ) STRICT`,
];

/** Number of the schema that this version writes. */
export const SCHEMA_VERSION: number = MIGRATIONS.length;

/**
 * Opens a node's database, makes it where it is missing, and brings it to the present schema.
 *
 * It is in WAL mode with `synchronous = NORMAL`: what was committed survives the end of the process,
 * however it ends. A power cut may take the last commits back, but never half of one
 * (https://sqlite.org/pragma.html#pragma_synchronous). The file and those beside it are for the
 * owner alone (mode 0600).
 *
 * @param data the node's data folder, which exists
 * @returns the database; whoever opens it closes it
 * @throws {Error} when the file cannot be opened, is no database of a node, or is a newer one
 */
export function openNodeDatabase(data: string): DatabaseSync {
  const path = join(data, DATABASE_FILE);
  protect(path);
  const db = new DatabaseSync(path);
  try {
    const version = versionOf(db, path);
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    migrate(db, version);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Makes the file, or takes it away from other users; SQLite gives its mode to those beside it. */
function protect(path: string): void {
  try {
    Deno.openSync(path, { write: true, createNew: true, mode: 0o600 }).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    if (Deno.build.os !== "windows") Deno.chmodSync(path, 0o600);
  }
}

/** The schema's number; 0 for a file without any. Writes nothing. */
function versionOf(db: DatabaseSync, path: string): number {
  let version: number;
  let application: number;
  let isEmpty: boolean;
  try {
    version = numberOf(db, "SELECT user_version AS n FROM pragma_user_version");
    application = numberOf(db, "SELECT application_id AS n FROM pragma_application_id");
    isEmpty = numberOf(db, "SELECT count(*) AS n FROM sqlite_schema") === 0;
  } catch (error) {
    throw new Error(
      `${path} cannot be read as a database (${(error as Error).message}): restore it from a ` +
        `backup, or move it away and what this node's actors have saved is lost`,
      { cause: error },
    );
  }
  if (application !== APPLICATION_ID && !(application === 0 && version === 0 && isEmpty)) {
    throw new Error(
      `${path} is the database of another program (application_id ${application}): move it away, ` +
        `or give the node another data folder`,
    );
  }
  if (version > SCHEMA_VERSION) {
    throw new Error(
      `${path} has schema ${version}, this version of macula knows ${SCHEMA_VERSION} at most: ` +
        `start the newer version that wrote it, or use another data folder`,
    );
  }
  return version;
}

/** Brings the database from schema `version` to the present one, in one transaction. */
function migrate(db: DatabaseSync, version: number): void {
  if (version === SCHEMA_VERSION) return;
  db.exec("BEGIN IMMEDIATE");
  try {
    for (const step of MIGRATIONS.slice(version)) db.exec(step);
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}`);
    db.exec("COMMIT");
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
  }
}

function numberOf(db: DatabaseSync, query: string): number {
  return Number(db.prepare(query).get()?.n);
}
