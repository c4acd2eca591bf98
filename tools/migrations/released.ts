/** What the release that runs now reads and writes in Postgres: written down at each release, so that the next one's migrations can be judged. */
import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { z } from "zod";
import { ROOT } from "../build/functions.ts";
import { SCHEMA_FILE } from "../schema/schemaFile.ts";
import { migrationProblems, usesOf } from "./changes.ts";

const FILE = join(ROOT, "shared/platform/sql/released.json");
const MIGRATIONS = join(ROOT, "shared/platform/sql/migrations");

const releasedSchema = z.strictObject({
  /** SHA-256 of each migration that a database has seen. */
  migrations: z.record(z.string(), z.string()),
  /** Columns that some function's role may use, by table; all of them where a whole table is granted. */
  uses: z.record(z.string(), z.union([z.array(z.string()), z.literal("all")])),
});
export type Released = z.infer<typeof releasedSchema>;

/** Writes down that the migrations and the schema as they are now are what runs. */
export async function writeReleased(): Promise<void> {
  const released: Released = {
    migrations: Object.fromEntries(files().map(([name, text]) => [name, hashOf(text)])),
    uses: await usesOf(readFileSync(SCHEMA_FILE, "utf8")),
  };
  writeFileSync(FILE, `${JSON.stringify(released, null, 2)}\n`);
}

/** A sentence for each migration that isn't safe beside the release that runs. Before the first release each one is. */
export async function releaseProblems(): Promise<string[]> {
  if (!existsSync(FILE)) return [];
  return judge(releasedSchema.parse(JSON.parse(readFileSync(FILE, "utf8"))), files());
}

/** @param migrations name and text of each, in order */
export async function judge(
  released: Released,
  migrations: readonly (readonly [string, string])[],
): Promise<string[]> {
  const problems: string[] = [];
  const texts = new Map(migrations);
  for (const [name, hash] of Object.entries(released.migrations)) {
    const text = texts.get(name);
    if (text === undefined) problems.push(`${name} is gone, and databases have seen it`);
    else if (hashOf(text) !== hash)
      problems.push(`${name} was changed, and databases have seen it: add another`);
  }
  const last = Object.keys(released.migrations).sort().at(-1) ?? "";
  for (const [name, text] of migrations) {
    if (name in released.migrations) continue;
    if (name < last)
      problems.push(`${name} comes before ${last}, which databases have seen: give it a later number`);
    const found = await migrationProblems(text, released.uses);
    problems.push(...found.map((problem) => `${name}: ${problem}`));
  }
  return problems;
}

function files(): [string, string][] {
  return globSync("*.sql", { cwd: MIGRATIONS })
    .sort()
    .map((name) => [basename(name), readFileSync(join(MIGRATIONS, name), "utf8")]);
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
