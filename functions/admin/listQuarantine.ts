import { FieldPath, type Firestore, Timestamp } from "@google-cloud/firestore";
import { microsecondsOf } from "#shared/platform/firestore/version.ts";
import { page } from "#shared/platform/http/content.ts";
import { decodeCursor, type Keyset, pageOf, pageQuery } from "#shared/platform/http/cursor.ts";
import { route } from "#shared/platform/http/route.ts";
import { type Quarantined, quarantineOf, quarantineSchema } from "#shared/results/quarantineDocument.ts";
import { type QuarantinedView, quarantinedSchema, viewQuarantined } from "./quarantined.ts";

/**
 * A page of the quarantine, newest first, without what the documents held.
 * @throws `invalid_request` for a cursor that isn't of a list
 */
export async function listQuarantine(
  { limit, cursor }: { limit: number; cursor?: string | undefined },
  { sync }: { readonly sync: { readonly firestore: Firestore } },
): Promise<{ items: QuarantinedView[]; nextCursor: string | null }> {
  const after = decodeCursor(cursor);
  const newest = quarantineOf(sync.firestore)
    .withConverter(null) // a page leaves out the payload, so it fits no schema
    .orderBy("quarantinedAt", "desc")
    .orderBy(FieldPath.documentId(), "desc")
    .select("jobId", "code", "detail", "version", "spaceId", "quarantinedAt", "payloadObject")
    .limit(limit + 1);
  const found = after ? newest.startAfter(Timestamp.fromDate(new Date(after[0])), after[1]) : newest;
  const { docs } = await found.get();
  const entries = docs.map((document) => quarantineSchema.parse({ ...document.data(), payload: null }));
  return pageOf(entries, limit, keysetOf, viewQuarantined);
}

export const listQuarantineRoute = route(
  {
    operationId: "listQuarantine",
    access: "admin",
    method: "get",
    path: "/v1/admin/quarantine",
    summary: "Results that could not be read, newest first",
    request: { query: pageQuery },
    responses: { 200: page(quarantinedSchema) },
    errors: [],
  },
  listQuarantine,
  async (c, perform) => c.json(await perform(c.req.valid("query")), 200),
);

function keysetOf(entry: Quarantined): Keyset {
  return [microsecondsOf(entry.quarantinedAt), entry.jobId];
}
