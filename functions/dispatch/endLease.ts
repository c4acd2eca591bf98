import { z } from "@hono/zod-openapi";
import { jsonBody } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import { endLease, type TimerOutcome } from "#shared/queue/timers.ts";
import type { DispatchDeps } from "./deps.ts";
import { counterSchema, DONE, dueSchema, jobIdSchema, refuseEarly } from "./taskRoute.ts";

const leaseTimer = z.strictObject({ jobId: jobIdSchema, leaseNumber: counterSchema, at: dueSchema });

export const endLeaseRoute = route(
  {
    operationId: "endLease",
    access: "private",
    method: "post",
    path: "/lease-ended",
    summary: "Look at a lease at its end",
    request: { body: jsonBody(leaseTimer) },
    responses: DONE,
    errors: [],
  },
  (timer: z.infer<typeof leaseTimer>, { queue }: Pick<DispatchDeps, "queue">): Promise<TimerOutcome> =>
    endLease(timer, queue),
  async (c, perform) => {
    refuseEarly(await perform(c.req.valid("json")));
    return c.body(null, 204);
  },
);
