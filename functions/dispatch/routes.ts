import { createRoute, z } from "@hono/zod-openapi";
import { errors } from "#shared/platform/errors.ts";
import { access } from "#shared/platform/http/access.ts";
import { createApp } from "#shared/platform/http/app.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import { ID_PATTERN } from "#shared/platform/ids.ts";
import { endBackOff, endLease, type TimerOutcome } from "#shared/queue/timers.ts";
import { mailTaskSchema } from "#shared/spaces/invitationTask.ts";
import type { DispatchDeps } from "./deps.ts";
import { ringEngine } from "./ringEngine.ts";
import { sendInvitation } from "./sendInvitation.ts";

const id = z.string().regex(ID_PATTERN);
const at = z.coerce.date().optional();
const counter = z.number().int().nonnegative();

/** A route for one sort of task. 204 is the end of the task; any error has Cloud Tasks try it again by the queue's back-off. */
function taskRoute<Path extends `/${string}`, Body extends z.ZodType>(
  path: Path,
  summary: string,
  body: Body,
) {
  return createRoute({
    ...access("private"),
    method: "post",
    path,
    summary,
    request: { body: { required: true, content: { "application/json": { schema: body } } } },
    responses: { 204: { description: "Done." } },
  });
}

const ringRoute = taskRoute(
  "/ring",
  "Ring an engine while work waits",
  z.strictObject({ kind: z.string(), address: z.string(), round: z.number().int().positive() }),
);
const leaseEndedRoute = taskRoute(
  "/lease-ended",
  "Look at a lease at its end",
  z.strictObject({ jobId: id, leaseNumber: counter, at }),
);
const backOffEndedRoute = taskRoute(
  "/back-off-ended",
  "Let a job enter the line again",
  z.strictObject({ jobId: id, enqueueCount: counter, at }),
);
const mailRoute = taskRoute("/mail", "Mail an invitation's code", mailTaskSchema);

/** The routes of `dispatch`; `deps` is called at the first task. */
export function dispatchApp(deps: () => DispatchDeps): App {
  const app = createApp(() => deps().http);

  app.openapi(ringRoute, async (c) => {
    const rung = await ringEngine(c.req.valid("json"), deps().ring);
    if (rung.outcome === "over") return c.body(null, 204);
    const { retryAfterSeconds } = rung;
    const patience = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
    if (rung.busy) throw errors.rateLimited("the engine is busy", patience);
    throw errors.unavailable("the engine doesn't answer", patience);
  });

  app.openapi(leaseEndedRoute, async (c) => {
    refuseEarly(await endLease(c.req.valid("json"), deps().queue));
    return c.body(null, 204);
  });

  app.openapi(backOffEndedRoute, async (c) => {
    refuseEarly(await endBackOff(c.req.valid("json"), deps().queue));
    return c.body(null, 204);
  });

  app.openapi(mailRoute, async (c) => {
    await sendInvitation(c.req.valid("json"), deps().mail);
    return c.body(null, 204);
  });

  return app;
}

/** Clocks differ between machines: the task is tried again until this one's has caught up. */
function refuseEarly(outcome: TimerOutcome): void {
  if (outcome === "early") throw errors.unavailable("the time of this timer hasn't come");
}
