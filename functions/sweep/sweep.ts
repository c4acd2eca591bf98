import { z } from "@hono/zod-openapi";
import type { ScheduleName } from "#shared/manifest.ts";
import { json } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Logger } from "#shared/platform/log/logger.ts";
import { runLimits } from "./repairs.ts";
import { type Repair, runRepairs } from "./runRepairs.ts";

const report = z
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
export function sweep(
  input: { schedule: ScheduleName; log: Logger },
  { repairs }: { readonly repairs: readonly Repair[] },
) {
  const due = repairs.filter(({ schedule }) => schedule === input.schedule);
  return runRepairs(due, { ...runLimits[input.schedule], log: input.log });
}

/** What people wait for. */
export const urgentRoute = route(
  {
    operationId: "sweepUrgent",
    access: "private",
    method: "post",
    path: "/urgent",
    summary: "Repair what a crash left and people wait for",
    responses: { 200: json(report, "What was done.") },
    errors: [],
  },
  sweep,
  async (c, perform) => c.json(await perform({ schedule: "urgent", log: c.var.log }), 200),
);

/** What may take its time. */
export const slowRoute = route(
  {
    operationId: "sweepSlow",
    access: "private",
    method: "post",
    path: "/slow",
    summary: "Apply retention, compare both stores, look at all documents and objects",
    responses: { 200: json(report, "What was done.") },
    errors: [],
  },
  sweep,
  async (c, perform) => c.json(await perform({ schedule: "slow", log: c.var.log }), 200),
);
