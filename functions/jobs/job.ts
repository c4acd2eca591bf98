/** A job as the OpenAPI document describes it; `viewJob` makes it. */
import { z } from "@hono/zod-openapi";
import { JOB_STATES } from "#shared/queue/jobDocument.ts";

const time = z.iso.datetime();

export const jobSchema = z
  .object({
    id: z.string(),
    spaceId: z.string(),
    kind: z.string(),
    title: z.string(),
    state: z.enum(JOB_STATES),
    params: z.record(z.string(), z.unknown()),
    inputs: z.record(
      z.string(),
      z.object({ uploadId: z.string(), state: z.enum(["waiting", "received", "rejected"]) }),
    ),
    position: z.number().int().nullable().describe("Place in line, from 1; null unless queued."),
    estimatedStartAt: time.nullable(),
    estimatedDoneAt: time.nullable(),
    progress: z.object({ fraction: z.number(), stage: z.string().nullable() }).nullable(),
    attempt: z.number().int(),
    maxAttempts: z.number().int(),
    error: z
      .object({
        code: z.string().describe("Stable, in snake_case; engines may have codes of their own."),
        message: z
          .string()
          .describe(
            "What happened and what helps, in the language of Accept-Language; English for an engine's own code.",
          ),
      })
      .nullable()
      .describe("Why the job failed; null unless it did."),
    resourceId: z.string().describe("The resource this job becomes; answers 404 until it is there."),
    createdAt: time,
    updatedAt: time,
    finishedAt: time.nullable(),
    eventsUrl: z
      .string()
      .describe(
        "Where the job's event stream flows as it happens (streamJobEvents); the one origin may hold it back until it ends.",
      ),
  })
  .openapi("Job");
