import type { Database } from "../pool.ts";

/** A database that gives these rows to every statement, and keeps the values that came with each. */
export function databaseGiving(
  rows: readonly object[],
): Database & { readonly asked: (readonly unknown[])[] } {
  const asked: (readonly unknown[])[] = [];
  const database: Database & { readonly asked: (readonly unknown[])[] } = {
    asked,
    async query<Row>(_text: string, values: readonly unknown[] = []) {
      asked.push(values);
      // The test knows which rows the statement gives.
      return { rows: [...rows] as Row[], rowCount: rows.length };
    },
    transaction: (work) => work(database),
    async close() {},
  };
  return database;
}
