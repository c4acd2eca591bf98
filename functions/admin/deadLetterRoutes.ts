/** Jobs that failed for good, and trying one again. Without titles and parameters: those are the families' words. */
import { Timestamp } from "@google-cloud/firestore";
import { createRoute, z } from "@hono/zod-openapi";
import { errors } from "#shared/platform/errors.ts";
import { microsecondsOf } from "#shared/platform/firestore/version.ts";
import { access } from "#shared/platform/http/access.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import { decodeCursor, type Keyset, pageOf, pageQuery } from "#shared/platform/http/cursor.ts";
import { ID_PATTERN } from "#shared/platform/ids.ts";
import type { Job } from "#shared/queue/jobDocument.ts";
import { queryOf, shapes } from "#shared/queue/queries.ts";
import { retryJob } from "#shared/queue/retryJob.ts";
import type { AdminDeps } from "./deps.ts";

const item = z
  .object({
    id: z.string(),
    kind: z.string(),
    spaceId: z.string(),
    state: z.string(),
    attempt: z.number().int(),
    maxAttempts: z.number().int(),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    createdAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
  })
  .openapi("DeadLetter");

const json = <Schema extends z.ZodType>(schema: Schema) => ({ "application/json": { schema } });

const listRoute = createRoute({
  ...access("admin"),
  method: "get",
  path: "/v1/admin/dead-letters",
  summary: "Jobs that failed, the latest first",
  request: { query: pageQuery },
  responses: {
    200: {
      description: "A page.",
      content: json(z.object({ items: z.array(item), nextCursor: z.string().nullable() })),
    },
  },
});
const retryRoute = createRoute({
  ...access("admin"),
  method: "post",
  path: "/v1/admin/dead-letters/{jobId}/retry",
  summary: "Put a failed job into the line again, with as many attempts as a new one",
  request: { params: z.object({ jobId: z.string() }) },
  responses: { 200: { description: "The job as it is now.", content: json(item) } },
});

export function deadLetterRoutes(app: App, deps: () => AdminDeps): void {
  app.openapi(listRoute, async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const after = decodeCursor(cursor);
    const latest = queryOf(deps().submit.firestore, shapes.failed, "failed").limit(limit + 1);
    const page = after ? latest.startAfter(Timestamp.fromDate(new Date(after[0])), after[1]) : latest;
    const rows = (await page.get()).docs.map((found) => ({
      id: found.id,
      job: found.data(),
    }));
    return c.json(pageOf(rows, limit, keysetOf, viewItem), 200);
  });

  app.openapi(retryRoute, async (c) => {
    const { jobId } = c.req.valid("param");
    if (!ID_PATTERN.test(jobId)) throw errors.notFound();
    const job = await retryJob(jobId, deps().submit, { onlyFailed: true });
    return c.json(viewItem({ id: jobId, job }), 200);
  });
}

function keysetOf({ id, job }: { id: string; job: Job }): Keyset {
  return [microsecondsOf(job.finishedAt ?? job.updatedAt), id];
}

function viewItem({ id, job }: { id: string; job: Job }) {
  const { kind, spaceId, state, attempt, maxAttempts, error, createdAt, finishedAt } = job;
  return {
    id,
    kind,
    spaceId,
    state,
    attempt,
    maxAttempts,
    error,
    createdAt: createdAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
  };
}
