/** The metadata's place on disk: one SQLite file. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

const TABLES = `
CREATE TABLE IF NOT EXISTS buckets (
  name TEXT PRIMARY KEY,
  lifecycle_days REAL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS objects (
  bucket TEXT NOT NULL REFERENCES buckets (name),
  name TEXT NOT NULL,
  generation INTEGER NOT NULL UNIQUE,
  metageneration INTEGER NOT NULL,
  size INTEGER NOT NULL,
  crc32c TEXT NOT NULL,
  md5 TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  fields TEXT NOT NULL,
  blob TEXT NOT NULL UNIQUE,
  PRIMARY KEY (bucket, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS objects_by_age ON objects (bucket, created_at);

CREATE TABLE IF NOT EXISTS sessions (
  id TEXT PRIMARY KEY,
  bucket TEXT NOT NULL,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  terms TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'complete', 'failed', 'cancelled')),
  outcome TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS deliveries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sink TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  event TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS last_generation (value INTEGER NOT NULL) STRICT;
`;

/** Goes up when the tables change. */
const VERSION = 2;

/**
 * Opens or makes the file. Only one process may have it open: a second one gets an error at once.
 * @throws Error when an earlier version of the stand-in made it
 */
export function openDatabase(directory: string): DatabaseSync {
  mkdirSync(directory, { recursive: true });
  const db = new DatabaseSync(join(directory, "metadata.sqlite"));
  // WAL with synchronous=NORMAL loses nothing when the process is killed, only if the machine loses power.
  db.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
  db.exec("PRAGMA foreign_keys = ON");
  const isNew = db.prepare("SELECT 1 FROM sqlite_schema").get() === undefined;
  const version = db.prepare("PRAGMA user_version").get()?.user_version;
  if (!isNew && version !== VERSION) {
    db.close();
    throw new Error(`${directory} was made by another version: start once with --fresh`);
  }
  db.exec(`${TABLES} PRAGMA user_version = ${VERSION}`);
  return db;
}

/** Runs `work` in one transaction; SQLite's calls are synchronous, so nothing else of this process comes in between. */
export function transaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
  }
}
