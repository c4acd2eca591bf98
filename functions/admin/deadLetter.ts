/** A job that failed for good, as administrators get it: without title and parameters, which are the families' words. */
import { z } from "@hono/zod-openapi";
import type { Job } from "#shared/queue/jobDocument.ts";

export const deadLetterSchema = z
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
export type DeadLetter = z.infer<typeof deadLetterSchema>;

export function viewDeadLetter({ id, job }: { id: string; job: Job }): DeadLetter {
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
