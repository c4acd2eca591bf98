/** An entry of the quarantine of `sync`, as administrators get it. */
import type { Firestore } from "@google-cloud/firestore";
import { z } from "@hono/zod-openapi";
import { errors } from "#shared/platform/errors.ts";
import { isDocumentId } from "#shared/platform/firestore/documentId.ts";
import { nameInPath } from "#shared/platform/http/idParam.ts";
import { type Quarantined, quarantineOf } from "#shared/results/quarantineDocument.ts";

export const quarantinedSchema = z
  .object({
    id: z.string().describe("The job's id."),
    code: z.string(),
    detail: z.string(),
    version: z.string().describe("Update time of the document that could not be read."),
    spaceId: z.string().nullable(),
    quarantinedAt: z.iso.datetime(),
  })
  .openapi("Quarantined");
export type QuarantinedView = z.infer<typeof quarantinedSchema>;

/** An entry is named by the id of the document that could not be read, which need not be one of our ids. */
export const quarantineParam = z.object({ id: nameInPath(isDocumentId) });

/** @throws `not_found` */
export async function quarantined(id: string, firestore: Firestore): Promise<Quarantined> {
  const entry = (await quarantineOf(firestore).doc(id).get()).data();
  if (entry === undefined) throw errors.notFound();
  return entry;
}

export function viewQuarantined(entry: Quarantined): QuarantinedView {
  const { jobId, code, detail, version, spaceId, quarantinedAt } = entry;
  return { id: jobId, code, detail, version, spaceId, quarantinedAt: quarantinedAt.toISOString() };
}
