import { z } from "@hono/zod-openapi";
import { isDocumentId } from "#shared/platform/firestore/documentId.ts";
import { json, jsonBody } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import { reconcileResults as reconcile } from "#shared/results/reconcile.ts";
import type { SyncDeps } from "#shared/results/syncResult.ts";

/** The one origin ends a request after 60 seconds. */
const MAX_SECONDS = 45;

const difference = z.enum(["missing", "stale", "changed", "invented", "recovered", "erased"]);
const count = z.number().int();

const report = z
  .object({
    checked: count.describe("Results compared, in either store."),
    missing: count.describe("The document is there, SQL didn't have it."),
    stale: count.describe("SQL had an earlier version."),
    changed: count.describe("SQL had the same version with another content, or a version that never was."),
    invented: count.describe("SQL had it, and there is no document."),
    recovered: count.describe("It was in quarantine and can be read now."),
    erased: count.describe("It was deleted or erased, and something of it was there again."),
    quarantined: count.describe("Can't be read and are in quarantine, as they should be."),
    mended: count.describe("All differences above."),
    failed: count.describe("Could not be mended now; ask again."),
    differences: z.array(z.object({ jobId: z.string(), difference })).describe("At most 1,000 of them."),
    nextCursor: z
      .string()
      .nullable()
      .describe("Send it as `cursor` to go on, when time ran out; null at the end."),
  })
  .openapi("ReconciliationReport");

/** Compares the results of both stores and mends what differs, for as long as a request may take. */
export async function reconcileResults(
  { cursor }: { cursor: string | undefined },
  { sync }: { readonly sync: SyncDeps },
): Promise<z.infer<typeof report>> {
  const done = await reconcile(sync, { after: cursor, maxSeconds: MAX_SECONDS });
  return { ...done, differences: [...done.differences] };
}

export const reconcileResultsRoute = route(
  {
    operationId: "reconcileResults",
    access: "admin",
    method: "post",
    path: "/v1/admin/audit",
    summary: "Compare every result in both stores and mend what differs",
    request: {
      body: jsonBody(
        z.strictObject({
          cursor: z.string().refine(isDocumentId, "expected the nextCursor of an answer").nullish(),
        }),
        { required: false },
      ),
    },
    responses: { 200: json(report, "What differed and was mended.") },
    errors: [],
  },
  reconcileResults,
  async (c, perform) => c.json(await perform({ cursor: c.req.valid("json").cursor ?? undefined }), 200),
);
