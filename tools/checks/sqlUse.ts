/** Which tables each function's SQL touches and how, read from what is bundled of our own code: what a function doesn't use is not in it. */
import { join } from "node:path";
import { build } from "esbuild";
import type { FunctionName } from "#shared/manifest.ts";
import { ROOT } from "../build/functions.ts";

export type Privilege = "SELECT" | "INSERT" | "UPDATE" | "DELETE";
/** Privileges by table. */
export type SqlUse = Readonly<Record<string, readonly Privilege[]>>;

/** @param tables the names of all tables; other words after FROM are no table of ours */
export async function sqlUseOf(name: FunctionName, tables: readonly string[]): Promise<SqlUse> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: [join(ROOT, "functions", name, "index.ts")],
    bundle: true,
    write: false,
    packages: "external",
    platform: "node",
    format: "esm",
    charset: "utf8",
    legalComments: "none",
    logLevel: "warning",
  });
  return sqlUseIn(outputFiles[0]?.text ?? "", tables);
}

/** What a statement does to the table that it names first, by how it begins. */
const STATEMENTS: readonly (readonly [RegExp, readonly Privilege[]])[] = [
  [/\b(?:FROM|JOIN)\s+(\w+)/g, ["SELECT"]],
  [/\bINSERT INTO\s+(\w+)/g, ["INSERT"]],
  // Looking for a row that is there already reads; what Postgres asks for then is SELECT of the columns that are compared.
  [/\bINSERT INTO\s+(\w+)(?:(?!INSERT INTO)[^`;])*?\bON CONFLICT \(/g, ["INSERT", "SELECT"]],
  [/\bINSERT INTO\s+(\w+)(?:(?!INSERT INTO)[^`;])*?\bDO UPDATE SET\b/g, ["INSERT", "SELECT", "UPDATE"]],
  [/\bUPDATE\s+(\w+)(?:\s+(?:AS\s+)?\w+)?\s+SET\b/g, ["UPDATE", "SELECT"]],
  [/\bDELETE FROM\s+(\w+)/g, ["DELETE", "SELECT"]],
];
/** A row lock counts as an update. It belongs to the table that is named last before it, or to that of the alias it names. */
const LOCK = /\bFROM\s+(\w+)(?:(?!\bFROM\b)[^`;])*?\bFOR (?:NO KEY UPDATE|UPDATE|KEY SHARE|SHARE)\b/g;

/** The same for a text. Comments must be left out before. */
export function sqlUseIn(text: string, tables: readonly string[]): SqlUse {
  const use: Record<string, Set<Privilege>> = {};
  const note = (table: string | undefined, privileges: readonly Privilege[]) => {
    if (table === undefined || !tables.includes(table)) return;
    use[table] ??= new Set();
    for (const privilege of privileges) use[table].add(privilege);
  };
  for (const [pattern, privileges] of STATEMENTS)
    for (const match of text.matchAll(pattern)) note(match[1], privileges);
  for (const match of text.matchAll(LOCK)) note(match[1], ["UPDATE"]);
  return Object.fromEntries(Object.entries(use).map(([table, privileges]) => [table, [...privileges]]));
}

/**
 * What differs between what functions use and what they are granted, a sentence each.
 * @param functions the use and the grants of each function
 */
export function grantProblems(
  functions: Readonly<Record<string, { readonly use: SqlUse; readonly granted: SqlUse }>>,
  tables: readonly string[],
): string[] {
  const problems: string[] = [];
  for (const [name, { use, granted }] of Object.entries(functions)) {
    for (const table of tables) {
      const [used, has] = [use[table] ?? [], granted[table] ?? []];
      for (const privilege of used)
        if (!has.includes(privilege))
          problems.push(
            `${name} has SQL that needs ${privilege} on ${table}: grant it to reverie_${name} in the last migration, and run npm run schema`,
          );
      for (const privilege of has)
        if (!used.includes(privilege))
          problems.push(`${name} may ${privilege} on ${table}, but nothing in its bundle does: take it away`);
    }
  }
  for (const table of tables)
    if (!Object.values(functions).some(({ granted }) => (granted[table] ?? []).length > 0))
      problems.push(`no function may use ${table}: grant what is needed in the last migration`);
  return problems;
}
