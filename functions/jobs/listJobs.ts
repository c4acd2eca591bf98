import { z } from "@hono/zod-openapi";
import { microsecondsOf } from "#shared/platform/firestore/version.ts";
import { page } from "#shared/platform/http/content.ts";
import { decodeCursor, encodeCursor, pageQuery } from "#shared/platform/http/cursor.ts";
import { languageHeader, languageOf } from "#shared/platform/http/language.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Language } from "#shared/platform/language.ts";
import type { Logger } from "#shared/platform/log/logger.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { JOB_STATES, type JobState } from "#shared/queue/jobDocument.ts";
import { queryOf, shapes } from "#shared/queue/queries.ts";
import { pageOfJobs } from "#shared/queue/readableJob.ts";
import { type JobView, type ViewDeps, viewJobs } from "#shared/queue/view.ts";
import { requireSpace } from "#shared/spaces/membership.ts";
import { spaceQuery } from "#shared/spaces/spaceParameter.ts";
import { jobSchema } from "./job.ts";

interface ListJobsInput {
  readonly userId: string;
  readonly spaceId?: string | undefined;
  readonly language: Language;
  readonly state?: JobState | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/**
 * A page of the jobs of one space of the caller's, newest first; the page after it begins where its cursor says, also when jobs were
 * added meanwhile. A job that can't be read is logged and left out.
 * @throws `invalid_request` for a cursor that isn't of this list; `not_found` for a space that the caller isn't in
 */
export async function listJobs(
  { userId, spaceId, language, state, limit, cursor }: ListJobsInput,
  deps: ViewDeps & { readonly sql: Sql; readonly log: Logger },
): Promise<{ items: JobView[]; nextCursor: string | null }> {
  const after = decodeCursor(cursor);
  const space = await requireSpace(deps.sql, { userId, spaceId });
  let query = state
    ? queryOf(deps.firestore, shapes.ofSpaceAndState, space.spaceId, state)
    : queryOf(deps.firestore, shapes.ofSpace, space.spaceId);
  if (after) query = query.startAfter(new Date(after[0]), after[1]);
  const found = await query.limit(limit + 1).get();
  const { jobs, next } = pageOfJobs(found.docs, { limit, orderedBy: "createdAt", log: deps.log });
  return {
    items: await viewJobs(jobs, deps, language),
    nextCursor: next ? encodeCursor([microsecondsOf(next.time), next.id]) : null,
  };
}

export const listJobsRoute = route(
  {
    operationId: "listJobs",
    access: "account",
    method: "get",
    path: "/v1/jobs",
    summary: "A space's jobs, newest first",
    request: {
      query: pageQuery.extend({ ...spaceQuery, state: z.enum(JOB_STATES).optional() }),
      headers: languageHeader,
    },
    responses: { 200: page(jobSchema) },
    errors: ["not_found"],
  },
  listJobs,
  async (c, perform) =>
    c.json(
      await perform({ userId: c.var.account.userId, language: languageOf(c), ...c.req.valid("query") }),
      200,
    ),
);
