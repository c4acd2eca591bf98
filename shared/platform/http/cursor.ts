import { z } from "@hono/zod-openapi";
import { errors } from "../errors.ts";
import { isDocumentId } from "../firestore/documentId.ts";

/** A query's field that, left empty (`?limit=`), is as if it weren't there. */
export const emptyIsAbsent = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === "" ? undefined : value), schema);

/** `?limit=&cursor=` of every list. */
export const pageQuery = z.object({
  limit: emptyIsAbsent(z.coerce.number().int().min(1).max(100).default(20)),
  cursor: emptyIsAbsent(z.string().max(2_500).optional()),
});

/** The place after which a page begins: the sort key of the last item of the page before, opaque to callers. */
export type Keyset = readonly [string, string];

/** A keyset as a cursor. It holds nothing a caller couldn't see in the items. */
export function encodeCursor(keyset: Keyset): string {
  return Buffer.from(JSON.stringify(keyset)).toString("base64url");
}

/** Postgres knows no year 0 and no NUL character, Firestore no id with a slash; a cursor with one was not made here. */
const keysetSchema = z.tuple([
  z.iso.datetime({ precision: 6 }).refine((time) => !time.startsWith("0000")),
  z.string().refine((id) => isDocumentId(id) && !id.includes("\0")),
]);

/**
 * The keyset of a cursor, or undefined for the first page: a time to the microsecond and an id.
 * @throws `invalid_request` for what `encodeCursor` didn't make
 */
export function decodeCursor(cursor: string | undefined): Keyset | undefined {
  if (cursor === undefined) return undefined;
  try {
    return keysetSchema.parse(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")));
  } catch (cause) {
    throw errors.invalidRequest("cursor: expected a nextCursor of this list", {
      cause,
      issues: [{ path: "cursor", message: "expected a nextCursor of this list" }],
    });
  }
}

/** One page out of `limit + 1` rows: the extra row only says that there is a next page. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  keysetOf: (row: Row) => Keyset,
  itemOf: (row: Row) => Item,
): { items: Item[]; nextCursor: string | null } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page.map(itemOf),
    nextCursor: rows.length > limit && last !== undefined ? encodeCursor(keysetOf(last)) : null,
  };
}
