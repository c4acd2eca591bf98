import { z } from "@hono/zod-openapi";
import { json } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Logger } from "#shared/platform/log/logger.ts";
import { type Repair, runRepairs } from "./runRepairs.ts";

/** The function may run nine minutes; what is begun last has some left. */
const MAX_SECONDS = 300;

const report = z
  .object({
    repairs: z.array(
      z.object({
        name: z.string(),
        ok: z.boolean(),
        did: z.record(z.string(), z.number()).describe("Counts of what was done."),
        milliseconds: z.number().int(),
      }),
    ),
    failed: z.number().int().describe("Repairs that could not do all they had to; the next run goes on."),
    left: z.number().int().describe("Repairs whose turn didn't come in this run."),
  })
  .openapi("SweepReport");

/** Runs the repairs, as many as there is time for. */
export function sweep(input: { log: Logger }, { repairs }: { readonly repairs: readonly Repair[] }) {
  return runRepairs(repairs, { maxSeconds: MAX_SECONDS, log: input.log });
}

export const sweepRoute = route(
  {
    operationId: "sweep",
    access: "private",
    method: "post",
    path: "/",
    summary: "Repair what a crash left, apply retention, compare both stores",
    responses: { 200: json(report, "What was done.") },
    errors: [],
  },
  sweep,
  async (c, perform) => c.json(await perform({ log: c.var.log }), 200),
);
