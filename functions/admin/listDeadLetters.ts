import { type Firestore, Timestamp } from "@google-cloud/firestore";
import { microsecondsOf } from "#shared/platform/firestore/version.ts";
import { page } from "#shared/platform/http/content.ts";
import { decodeCursor, encodeCursor, pageQuery } from "#shared/platform/http/cursor.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Logger } from "#shared/platform/log/logger.ts";
import { queryOf, shapes } from "#shared/queue/queries.ts";
import { pageOfJobs } from "#shared/queue/readableJob.ts";
import { type DeadLetter, deadLetterSchema, viewDeadLetter } from "./deadLetter.ts";

/**
 * A page of the jobs that failed for good, the latest first. A job that can't be read is logged and left out.
 * @throws `invalid_request` for a cursor that isn't of a list
 */
export async function listDeadLetters(
  { limit, cursor }: { limit: number; cursor?: string | undefined },
  { submit }: { readonly submit: { readonly firestore: Firestore; readonly log: Logger } },
): Promise<{ items: DeadLetter[]; nextCursor: string | null }> {
  const after = decodeCursor(cursor);
  const latest = queryOf(submit.firestore, shapes.failed, "failed").limit(limit + 1);
  const found = after ? latest.startAfter(Timestamp.fromDate(new Date(after[0])), after[1]) : latest;
  const { docs } = await found.get();
  const { jobs, next } = pageOfJobs(docs, { limit, orderedBy: "finishedAt", log: submit.log });
  return {
    items: jobs.map(viewDeadLetter),
    nextCursor: next ? encodeCursor([microsecondsOf(next.time), next.id]) : null,
  };
}

export const listDeadLettersRoute = route(
  {
    operationId: "listDeadLetters",
    access: "admin",
    method: "get",
    path: "/v1/admin/dead-letters",
    summary: "Jobs that failed, the latest first",
    request: { query: pageQuery },
    responses: { 200: page(deadLetterSchema) },
    errors: [],
  },
  listDeadLetters,
  async (c, perform) => c.json(await perform(c.req.valid("query")), 200),
);
