import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { SCHEMA_FILE } from "../schema/schemaFile.ts";
import { migrationProblems, usesOf } from "./changes.ts";
import { judge } from "./released.ts";

/** The release before uses two columns of `people`, all of `things`, and nothing of `old` but rows. */
const SCHEMA = `
  CREATE TABLE people (id text, name text, unused text);
  GRANT SELECT (id), UPDATE (name) ON people TO reverie_a;
  GRANT SELECT, INSERT ON things TO reverie_b;
  GRANT DELETE ON gone TO reverie_b;
`;

const SAFE: Readonly<Record<string, string>> = {
  "a new table": "CREATE TABLE added (id text PRIMARY KEY); ALTER TABLE added ADD CHECK (id <> '')",
  "a column that may be null": "ALTER TABLE people ADD COLUMN more text",
  "a column with a default": "ALTER TABLE people ADD COLUMN more int NOT NULL DEFAULT 0",
  "an index, and without an old one": "CREATE INDEX more ON people (name); DROP INDEX less",
  "a grant": "GRANT SELECT (name) ON people TO reverie_b",
  "a new role, in a block":
    "DO $$ BEGIN CREATE ROLE reverie_c NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
  "a column without a grant goes": "ALTER TABLE people DROP COLUMN unused",
  "a table without a grant goes": "DROP TABLE other",
  "rows are changed": "UPDATE people SET name = 'x' WHERE name IS NULL",
  "a constraint with its promise":
    "-- the release before keeps this: its kinds are checked\nALTER TABLE things ADD CHECK (kind <> '')",
  "a grant that is not used goes":
    "-- the release before does not use this: names are read from elsewhere\nREVOKE UPDATE (name) ON people FROM reverie_a",
  "words that only look dangerous": "COMMENT ON TABLE people IS 'drop table people'",
  "a constraint is dropped": "ALTER TABLE things DROP CONSTRAINT things_check",
};

const UNSAFE: Readonly<Record<string, readonly [sql: string, problem: RegExp]>> = {
  "a table in use goes": ["DROP TABLE things", /drops the table things/],
  "one of several tables": ["DROP TABLE IF EXISTS other, public.people CASCADE", /drops the table people/],
  "a table of which only rows are deleted": ["DROP TABLE gone", /drops the table gone/],
  "a column in use goes": ["ALTER TABLE people DROP COLUMN name", /drops people.name/],
  "a column of a table that is granted whole": [
    "ALTER TABLE things DROP COLUMN any_one",
    /drops things.any_one/,
  ],
  "in lower case and over lines": [
    "alter table\n  people\n  add column x text,\n  drop column id",
    /drops people.id/,
  ],
  "a column is renamed": ["ALTER TABLE people RENAME COLUMN name TO title", /renames people.name.*add title/],
  "a table is renamed": ["ALTER TABLE people RENAME TO persons", /renames people/],
  "a type changes": [
    "ALTER TABLE people ALTER COLUMN name TYPE int USING 1",
    /changes the type of people.name/,
  ],
  "a column becomes NOT NULL": [
    "ALTER TABLE people ALTER COLUMN name SET NOT NULL",
    /people.name becomes NOT NULL/,
  ],
  "a default goes": ["ALTER TABLE people ALTER COLUMN name DROP DEFAULT", /drops the default of people.name/],
  "a column without a default": [
    "ALTER TABLE people ADD COLUMN more text NOT NULL",
    /adds people.more NOT NULL/,
  ],
  "a constraint": ["ALTER TABLE things ADD CONSTRAINT c CHECK (kind <> '')", /adds a constraint to things/],
  "a grant is revoked": ["REVOKE SELECT ON people FROM reverie_a", /revokes a grant on people/],
  "a function goes": ["DROP FUNCTION refuse(text)", /drops refuse \(function\)/],
  "a type goes": ["DROP TYPE mood", /drops mood \(type\)/],
  "a role goes": ["DROP ROLE reverie_a", /drops a role/],
  "a table is emptied": ["TRUNCATE things", /empties things/],
  "a block drops": ["DO $$ BEGIN EXECUTE 'DROP TABLE people'; END $$", /DO block has DROP/],
};

describe("beside the release before", async () => {
  const uses = await usesOf(SCHEMA);

  test("what is used is what is granted", () => {
    assert.deepEqual(uses, { gone: [], people: ["id", "name"], things: "all" });
  });

  for (const [title, sql] of Object.entries(SAFE))
    test(`safe: ${title}`, async () => assert.deepEqual(await migrationProblems(sql, uses), []));

  for (const [title, [sql, problem]] of Object.entries(UNSAFE))
    test(`refused: ${title}`, async () => {
      const [first = "nothing", ...others] = await migrationProblems(sql, uses);
      assert.match(first, problem);
      assert.deepEqual(others, []);
    });
});

test("a migration that databases have seen is neither changed, removed nor overtaken", async () => {
  const hash = (text: string) => createHash("sha256").update(text).digest("hex");
  const released = { migrations: { "0001.sql": hash("SELECT 1"), "0003.sql": hash("SELECT 3") }, uses: {} };
  assert.deepEqual(
    await judge(released, [
      ["0001.sql", "SELECT 1"],
      ["0003.sql", "SELECT 3"],
      ["0004.sql", "SELECT 4"],
    ]),
    [],
  );
  assert.deepEqual(
    await judge(released, [
      ["0001.sql", "SELECT 2"],
      ["0002.sql", "SELECT 2"],
    ]),
    [
      "0001.sql was changed, and databases have seen it: add another",
      "0003.sql is gone, and databases have seen it",
      "0002.sql comes before 0003.sql, which databases have seen: give it a later number",
    ],
  );
});

test("the project's own schema says what its functions use", async () => {
  const uses = await usesOf(readFileSync(SCHEMA_FILE, "utf8"));
  assert.ok(Object.keys(uses).length > 15);
  assert.equal(uses.result_versions, "all");
  const problems = await migrationProblems("ALTER TABLE result_versions DROP COLUMN state", uses);
  assert.match(problems.join(), /drops result_versions.state/);
});
