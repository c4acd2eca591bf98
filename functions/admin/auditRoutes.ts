import { createRoute, z } from "@hono/zod-openapi";
import { isDocumentId } from "#shared/platform/firestore/documentId.ts";
import { access } from "#shared/platform/http/access.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import { reconcileResults } from "#shared/results/reconcile.ts";
import type { AdminDeps } from "./deps.ts";

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
  .openapi("AuditReport");

const auditRoute = createRoute({
  ...access("admin"),
  method: "post",
  path: "/v1/admin/audit",
  summary: "Compare every result in both stores and mend what differs",
  request: {
    body: {
      required: false,
      content: {
        "application/json": {
          schema: z.strictObject({
            cursor: z.string().refine(isDocumentId, "expected a nextCursor of an audit").nullish(),
          }),
        },
      },
    },
  },
  responses: {
    200: {
      description: "What differed and was mended.",
      content: { "application/json": { schema: report } },
    },
  },
});

export function auditRoutes(app: App, deps: () => AdminDeps): void {
  app.openapi(auditRoute, async (c) => {
    // Without a body there is nothing that was validated.
    const body: { cursor?: string | null | undefined } | undefined = c.req.valid("json");
    const done = await reconcileResults(deps().sync, {
      after: body?.cursor ?? undefined,
      maxSeconds: MAX_SECONDS,
    });
    return c.json({ ...done, differences: [...done.differences] }, 200);
  });
}
