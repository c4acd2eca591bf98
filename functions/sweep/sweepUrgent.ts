import { json } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import { runSchedule, sweepReport } from "./runSchedule.ts";

/** What people wait for. */
export const sweepUrgentRoute = route(
  {
    operationId: "sweepUrgent",
    access: "private",
    method: "post",
    path: "/urgent",
    summary: "Repair what a crash left and people wait for",
    responses: { 200: json(sweepReport, "What was done.") },
    errors: [],
  },
  runSchedule,
  async (c, perform) => c.json(await perform({ schedule: "urgent", log: c.var.log }), 200),
);
