import { json } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import { runSchedule, sweepReport } from "./runSchedule.ts";

/** What may take its time. */
export const sweepSlowRoute = route(
  {
    operationId: "sweepSlow",
    access: "private",
    method: "post",
    path: "/slow",
    summary: "Apply retention, compare both stores, look at all documents and objects",
    responses: { 200: json(sweepReport, "What was done.") },
    errors: [],
  },
  runSchedule,
  async (c, perform) => c.json(await perform({ schedule: "slow", log: c.var.log }), 200),
);
