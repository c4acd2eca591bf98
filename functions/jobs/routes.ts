import { createRoute, z } from "@hono/zod-openapi";
import { errors } from "#shared/platform/errors.ts";
import { access } from "#shared/platform/http/access.ts";
import { createApp } from "#shared/platform/http/app.ts";
import type { App, AppContext } from "#shared/platform/http/appEnv.ts";
import { pageQuery } from "#shared/platform/http/cursor.ts";
import { sendStored } from "#shared/platform/http/storedAnswer.ts";
import { idempotencyKeySchema } from "#shared/platform/idempotency/sql.ts";
import { ID_PATTERN } from "#shared/platform/ids.ts";
import { changeJob } from "#shared/queue/changeJob.ts";
import { isOpen, JOB_STATES, type Job } from "#shared/queue/jobDocument.ts";
import { retryJob } from "#shared/queue/retryJob.ts";
import { findJob } from "#shared/queue/store.ts";
import { submitBody, submitJob } from "#shared/queue/submit.ts";
import { viewJob } from "#shared/queue/view.ts";
import { spaceOfCaller } from "#shared/spaces/spaceOfCaller.ts";
import type { JobsDeps } from "./deps.ts";
import { eventStream } from "./eventStream.ts";
import { listJobs } from "./listJobs.ts";
import { isLastEvent, watchJob } from "./watchJob.ts";

const json = <Schema extends z.ZodType>(schema: Schema) => ({ "application/json": { schema } });
const time = z.iso.datetime();
const jobState = z.enum(JOB_STATES);

const job = z
  .object({
    id: z.string(),
    kind: z.string(),
    title: z.string(),
    state: jobState,
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
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    resourceId: z.string().describe("The resource this job becomes; answers 404 until it is there."),
    createdAt: time,
    updatedAt: time,
    finishedAt: time.nullable(),
  })
  .openapi("Job");

const idParam = z.object({ id: z.string() });
const oneJob = { 200: { description: "The job.", content: json(job) } };

const submitRoute = createRoute({
  ...access("account"),
  method: "post",
  path: "/v1/jobs",
  summary: "Submit a job",
  request: {
    headers: z.object({ "idempotency-key": idempotencyKeySchema.optional() }),
    body: { required: true, content: json(submitBody) },
  },
  responses: {
    202: {
      description: "Taken, and never lost from here on; the uploads may still be on their way.",
      content: json(job),
    },
  },
});
const listRoute = createRoute({
  ...access("account"),
  method: "get",
  path: "/v1/jobs",
  summary: "The space's jobs, newest first",
  request: { query: pageQuery.extend({ state: jobState.optional() }) },
  responses: {
    200: {
      description: "A page.",
      content: json(z.object({ items: z.array(job), nextCursor: z.string().nullable() })),
    },
  },
});
const getRoute = createRoute({
  ...access("account"),
  method: "get",
  path: "/v1/jobs/{id}",
  summary: "One job",
  request: { params: idParam },
  responses: oneJob,
});
const eventsRoute = createRoute({
  ...access("account"),
  method: "get",
  path: "/v1/jobs/{id}/events",
  summary: "Watch a job: server-sent events",
  request: {
    params: idParam,
    headers: z.object({ "last-event-id": z.string().max(100).optional() }),
  },
  responses: {
    200: {
      description:
        "The job at each change, as event `job`. Ends with the job, or after 25 s; resume with Last-Event-ID.",
      content: { "text/event-stream": { schema: z.string() } },
    },
    204: { description: "The job has ended and its end was heard: there is nothing to wait for." },
  },
});
const cancelRoute = createRoute({
  ...access("account"),
  method: "post",
  path: "/v1/jobs/{id}/cancel",
  summary: "Cancel a job that has not ended",
  request: { params: idParam },
  responses: oneJob,
});
const retryRoute = createRoute({
  ...access("account"),
  method: "post",
  path: "/v1/jobs/{id}/retry",
  summary: "Start a failed or cancelled job again",
  request: { params: idParam },
  responses: oneJob,
});
const statusRoute = createRoute({
  ...access("public"),
  method: "get",
  path: "/v1/status",
  summary: "Engines and lines, for everyone",
  responses: {
    200: {
      description: "Some seconds old at most.",
      content: json(
        z.object({
          engines: z.object({ idle: z.number(), busy: z.number(), silent: z.number() }),
          kinds: z.record(z.string(), z.object({ waiting: z.number(), running: z.number() })),
          at: time,
        }),
      ),
    },
  },
});

/** The routes of `jobs`; `deps` is called at the first request. */
export function jobsApp(deps: () => JobsDeps): App {
  const app = createApp(() => deps().http);

  app.openapi(submitRoute, async (c) => {
    const { userId } = c.var.account;
    const space = await spaceOfCaller(deps().sql, userId);
    if (!space) throw errors.groupRequired("join a care group first");
    const key = c.req.valid("header")["idempotency-key"];
    const request = {
      userId,
      spaceId: space.spaceId,
      route: "POST /v1/jobs",
      key,
      body: c.req.valid("json"),
    };
    return sendStored(c, await submitJob(request, deps()));
  });

  app.openapi(listRoute, async (c) => {
    const { state, limit, cursor } = c.req.valid("query");
    const space = await spaceOfCaller(deps().sql, c.var.account.userId);
    if (!space) return c.json({ items: [], nextCursor: null }, 200);
    return c.json(await listJobs({ spaceId: space.spaceId, state, limit, cursor }, deps()), 200);
  });

  app.openapi(getRoute, async (c) => {
    const { id } = c.req.valid("param");
    return c.json(await viewJob(id, await ownJob(c, id, deps()), deps()), 200);
  });

  app.openapi(eventsRoute, async (c) => {
    const { id } = c.req.valid("param");
    const job = await ownJob(c, id, deps());
    const lastEventId = c.req.valid("header")["last-event-id"];
    // 204 is what tells an EventSource to stop asking.
    if (lastEventId !== undefined && !isOpen(job) && (await isLastEvent(id, lastEventId, deps().firestore)))
      return c.body(null, 204);
    return eventStream(c, (signal) => watchJob(id, lastEventId, signal, deps()));
  });

  app.openapi(cancelRoute, async (c) => {
    const { id } = c.req.valid("param");
    await ownJob(c, id, deps());
    const { job, verdict } = await changeJob(id, { type: "cancel" }, deps());
    if (verdict === "changed") c.var.log.info("job_cancelled", { jobId: id, kind: job.kind });
    return c.json(await viewJob(id, job, deps()), 200);
  });

  app.openapi(retryRoute, async (c) => {
    const { id } = c.req.valid("param");
    await ownJob(c, id, deps());
    return c.json(await viewJob(id, await retryJob(id, deps()), deps()), 200);
  });

  app.openapi(statusRoute, async (c) =>
    c.json(await deps().status(), 200, { "cache-control": "public, max-age=3" }),
  );

  return app;
}

/**
 * A job of the caller's space. A job never changes its space, so the check holds for what follows.
 * @throws `not_found`, whether it isn't there or is somebody else's
 */
async function ownJob(c: AppContext, id: string, deps: JobsDeps): Promise<Job> {
  if (!ID_PATTERN.test(id)) throw errors.notFound();
  const [space, found] = await Promise.all([
    spaceOfCaller(deps.sql, c.var.account.userId),
    findJob(deps.firestore, id),
  ]);
  if (!found || found.spaceId !== space?.spaceId) throw errors.notFound();
  return found;
}
