import { z } from "@hono/zod-openapi";
import { jsonBody } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import { endBackOff, type TimerOutcome } from "#shared/queue/timers.ts";
import type { DispatchDeps } from "./deps.ts";
import { counterSchema, DONE, dueSchema, jobIdSchema, refuseEarly } from "./taskRoute.ts";

const backOffTimer = z.strictObject({ jobId: jobIdSchema, enqueueCount: counterSchema, at: dueSchema });

export const endBackOffRoute = route(
  {
    operationId: "endBackOff",
    access: "private",
    method: "post",
    path: "/back-off-ended",
    summary: "Let a job enter the line again",
    request: { body: jsonBody(backOffTimer) },
    responses: DONE,
    errors: [],
  },
  (timer: z.infer<typeof backOffTimer>, { queue }: Pick<DispatchDeps, "queue">): Promise<TimerOutcome> =>
    endBackOff(timer, queue),
  async (c, perform) => {
    refuseEarly(await perform(c.req.valid("json")));
    return c.body(null, 204);
  },
);
