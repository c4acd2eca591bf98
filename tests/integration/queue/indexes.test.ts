import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { z } from "zod";
import { type QueryShape, shapes } from "#shared/queue/queries.ts";
import { pendingUploadsShape } from "#shared/uploads/queries.ts";

const indexesSchema = z.object({
  indexes: z.array(
    z.object({
      collectionGroup: z.string(),
      queryScope: z.literal("COLLECTION"),
      fields: z.array(z.object({ fieldPath: z.string(), order: z.enum(["ASCENDING", "DESCENDING"]) })),
    }),
  ),
  fieldOverrides: z.array(
    z.object({
      collectionGroup: z.string(),
      fieldPath: z.string(),
      ttl: z.boolean().optional(),
      indexes: z.array(z.unknown()),
    }),
  ),
});
const ROOT = new URL("../../..", import.meta.url);
const declared = indexesSchema.parse(
  JSON.parse(readFileSync(new URL("firestore.indexes.json", ROOT), "utf8")),
);

type Shape = Omit<QueryShape, "collection"> & { readonly collection: string };

/** What an index must be for a query: its equalities in any order, then its order. */
function wanted(shape: Shape): string {
  const order = shape.order.map(([field, direction]) => `${field} ${direction}`);
  return [shape.collection, [...shape.equal].sort().join(","), ...order].join(" | ");
}

function offered(index: z.infer<typeof indexesSchema>["indexes"][number], equalities: number): string {
  const equal = index.fields.slice(0, equalities).map((field) => field.fieldPath);
  const order = index.fields
    .slice(equalities)
    .map((field) => `${field.fieldPath} ${field.order === "ASCENDING" ? "asc" : "desc"}`);
  return [index.collectionGroup, equal.sort().join(","), ...order].join(" | ");
}

test("every query of many fields has its index, and every index its query", () => {
  const all: Shape[] = [...Object.values(shapes), pendingUploadsShape];
  const used = new Set<number>();
  const missing = all.filter((shape) => {
    const found = declared.indexes.findIndex((index) => offered(index, shape.equal.length) === wanted(shape));
    used.add(found);
    return found === -1;
  });
  assert.deepEqual(missing, []);
  const unused = declared.indexes.filter((_, position) => !used.has(position));
  assert.deepEqual(unused, []);
});

test("no other deployed query filters or orders by more than one field", () => {
  const sources = globSync("{shared,functions}/**/*.ts", { cwd: ROOT }).filter(
    (path) => !path.endsWith(".test.ts") && !/^shared\/\w+\/queries\.ts$/.test(path),
  );
  assert.ok(sources.length > 50);
  const suspicious = sources.flatMap((path) => {
    const text = readFileSync(new URL(path, ROOT), "utf8");
    // One statement: from `queryOf(`, or the first condition or order, to its semicolon.
    const statements = text.match(/(?:queryOf\(|\.(?:where|orderBy)\()[^;]*;/g) ?? [];
    return statements
      .filter((statement) => needsAnIndex(statement))
      .map((statement) => `${path}: ${statement}`);
  });
  assert.deepEqual(suspicious, []);
});

/** Whether fields are compared and ordered such that the automatic indexes of single fields don't do. */
function needsAnIndex(statement: string): boolean {
  const compared = [...statement.matchAll(/\.where\(\s*"([^"]+)",\s*"([^"]+)"/g)];
  const ordered = [...statement.matchAll(/\.orderBy\(\s*"([^"]+)"/g)].map(([, field]) => field);
  const ranges = compared.filter(([, , how]) => how !== "==" && how !== "array-contains" && how !== "in");
  const fields = new Set([...compared.map(([, field]) => field), ...ordered]);
  fields.delete("__name__");
  // Equalities alone are merged from single-field indexes.
  const merged = ranges.length === 0 && ordered.filter((field) => field !== "__name__").length === 0;
  if (statement.startsWith("queryOf("))
    return ranges.some(([, field]) => !isFirstOrder(statement, field ?? ""));
  return fields.size > 1 && !merged;
}

/** A range added to a registered query goes with the first field of its order. */
function isFirstOrder(statement: string, field: string): boolean {
  const name = /shapes\.(\w+)/.exec(statement)?.[1];
  const shape = Object.entries(shapes).find(([key]) => key === name)?.[1];
  return shape?.order[0]?.[0] === field;
}

test("documents that expire have a TTL, results have none; free content has no index", () => {
  const ttl = declared.fieldOverrides.filter((field) => field.ttl).map((field) => field.collectionGroup);
  assert.deepEqual(ttl.sort(), [
    "engineRecords",
    "engines",
    "idempotency",
    "jobs",
    "sessions",
    "uploadBudgets",
    "uploads",
  ]);
  const exempt = declared.fieldOverrides
    .filter((field) => field.indexes.length === 0 && !field.ttl)
    .map((field) => `${field.collectionGroup}.${field.fieldPath}`);
  for (const field of ["results.data", "jobs.params", "idempotency.body"])
    assert.ok(exempt.includes(field), field);
});
