import { z } from "@hono/zod-openapi";
import type { ScheduleName } from "#shared/manifest.ts";
import type { Logger } from "#shared/platform/log/logger.ts";
import { runLimits } from "./repairs.ts";
import { type Repair, runRepairs } from "./runRepairs.ts";

/** What a run did; the answer of both routes. */
export const sweepReport = z
  .object({
    repairs: z.array(
      z.object({
        name: z.string(),
        ok: z.boolean(),
        cut: z.boolean().describe("Its time was over before its work; the next run continues."),
        did: z.record(z.string(), z.number()).describe("Counts of what was done."),
        milliseconds: z.number().int(),
      }),
    ),
    failed: z.number().int().describe("Repairs that could not do all they had to; the next run goes on."),
    left: z.number().int().describe("Repairs whose turn didn't come in this run."),
  })
  .openapi("SweepReport");

/** Runs the repairs of one schedule. */
export function runSchedule(
  input: { schedule: ScheduleName; log: Logger },
  { repairs }: { readonly repairs: readonly Repair[] },
) {
  const due = repairs.filter(({ schedule }) => schedule === input.schedule);
  return runRepairs(due, { ...runLimits[input.schedule], log: input.log });
}
