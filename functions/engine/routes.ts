import { createRoute, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { MAX_RESULT_DATA_BYTES } from "#shared/kinds/kind.ts";
import { access } from "#shared/platform/http/access.ts";
import { createApp } from "#shared/platform/http/app.ts";
import type { App, AppContext, AppEnv } from "#shared/platform/http/appEnv.ts";
import { idempotencyKeySchema } from "#shared/platform/idempotency/sql.ts";
import { announceOutputs } from "./announceOutputs.ts";
import { completeJob } from "./completeJob.ts";
import type { EngineDeps } from "./deps.ts";
import { giveBack } from "./giveBack.ts";
import { type HeldLease, heldLease, type LeaseCall } from "./heldLease.ts";
import { leaseJobs } from "./leaseJobs.ts";
import { renewLease } from "./renewLease.ts";

const json = <Schema extends z.ZodType>(schema: Schema) => ({ "application/json": { schema } });
const body = <Schema extends z.ZodType>(schema: Schema) => ({ required: true, content: json(schema) });
const leaseParam = z.object({ leaseId: z.string() });
const leaseSeconds = z
  .number()
  .int()
  .describe("How long the lease is to last, in seconds: 30 to 3600 (in the local cloud from 1).");
const fileName = z.string().min(1).max(255);
/** Text for people or operators. */
const text = (max: number) =>
  z
    .string()
    .max(max)
    .refine((value) => value.isWellFormed() && !value.includes("\0"));

const lease = z
  .object({
    leaseId: z.string().describe("The fencing token: only its holder may change the job."),
    expiresAt: z.iso.datetime(),
    traceparent: z
      .string()
      .describe("W3C Trace Context of the job; send it as a header with each call about this lease."),
    job: z.object({
      id: z.string(),
      kind: z.string(),
      title: z.string(),
      params: z.record(z.string(), z.unknown()),
      attempt: z.number().int(),
    }),
    inputs: z.record(
      z.string(),
      z.object({
        url: z.url(),
        contentType: z.string(),
        size: z.number().int(),
        crc32c: z.string(),
      }),
    ),
  })
  .openapi("Lease");

const leasesRoute = createRoute({
  ...access("engine"),
  method: "post",
  path: "/v1/engine/leases",
  summary: "Ask for work",
  request: {
    headers: z.object({ "idempotency-key": idempotencyKeySchema.optional() }),
    body: body(
      z.strictObject({
        engineId: text(100).min(1).describe("How this engine is told from others; stable while it runs."),
        kinds: z.array(z.string().max(64)).min(1).max(30),
        max: z.number().int().min(1).max(20).describe("How many jobs at most."),
        leaseSeconds,
      }),
    ),
  },
  responses: {
    200: {
      description: "The leases; an empty list when no work waits.",
      content: json(z.object({ leases: z.array(lease) })),
    },
  },
});

const renewRoute = leaseRoute("renew", {
  summary: "Keep a lease and tell how far the work is",
  body: z.strictObject({
    progress: z.number().min(0).max(1).optional(),
    stage: text(100).nullable().optional(),
    leaseSeconds,
  }),
  description: "Until when it is held now, and whether to stop because a person cancelled.",
  answer: z.object({ expiresAt: z.iso.datetime(), cancelRequested: z.boolean() }),
});

const outputsRoute = leaseRoute("outputs", {
  summary: "Announce result files and get URLs to upload them",
  body: z.strictObject({
    files: z
      .array(
        z.strictObject({
          name: fileName,
          contentType: z.string().max(100),
          size: z.number().int().min(1).describe("Bytes."),
        }),
      )
      .min(1)
      .max(50),
  }),
  description: "A signed request for each file, good for an hour; send exactly these headers.",
  answer: z.object({
    files: z.array(
      z.object({
        name: z.string(),
        method: z.string(),
        url: z.url(),
        headers: z.record(z.string(), z.string()),
      }),
    ),
  }),
});

const completeRoute = leaseRoute("complete", {
  summary: "End the job with its result",
  body: z.strictObject({
    files: z
      .array(z.strictObject({ name: fileName, crc32c: z.string().max(20) }))
      .max(50)
      .describe("What was uploaded, with base64 of the big-endian CRC32C."),
    data: z
      .record(z.string(), z.unknown())
      .optional()
      .describe(`At most ${MAX_RESULT_DATA_BYTES} bytes as JSON.`),
  }),
  description: "It has succeeded; completing again with the same lease answers the same.",
  answer: z.object({ jobId: z.string(), state: z.literal("succeeded"), resourceId: z.string() }),
});

const state = z.object({ jobId: z.string(), state: z.string() });
const failRoute = leaseRoute("fail", {
  summary: "Give up an attempt",
  body: z.strictObject({
    code: z
      .string()
      .regex(/^[a-z][a-z0-9_]{0,63}$/)
      .describe("In snake_case, for programs."),
    message: text(500).min(1).describe("A sentence the family can understand."),
    retryable: z.boolean().describe("Whether another attempt may succeed."),
  }),
  description: "Back in line after a pause, or failed.",
  answer: state,
});
const releaseRoute = leaseRoute("release", {
  summary: "Give a lease back; costs no attempt",
  body: z.strictObject({}),
  description: "Back in line.",
  answer: state,
});

/** The routes of `engine`; `deps` is called at the first request. */
export function engineApp(deps: () => EngineDeps): App {
  const app = createApp(() => deps().http);
  const judged = new WeakMap<AppContext, HeldLease>();
  /** Judges the lease before the body is looked at, and keeps what it found for the handler. */
  const judge = (call: LeaseCall): MiddlewareHandler<AppEnv> => {
    return async (c, next) => {
      judged.set(c, await heldLease(c.req.param("leaseId") ?? "", call, deps().firestore));
      await next();
    };
  };
  const held = (c: AppContext): HeldLease => {
    const found = judged.get(c);
    if (!found) throw new Error("a lease route without its judge");
    return found;
  };

  app.openapi(leasesRoute, async (c) => {
    const key = c.req.valid("header")["idempotency-key"];
    const request = { caller: c.var.service.email, key, body: c.req.valid("json") };
    return c.json({ leases: await leaseJobs(request, deps()) }, 200);
  });
  app.openapi(renewRoute(judge), async (c) =>
    c.json(await renewLease(held(c), c.var.service.email, c.req.valid("json"), deps()), 200),
  );
  app.openapi(outputsRoute(judge), async (c) =>
    c.json({ files: await announceOutputs(held(c), c.req.valid("json").files, deps()) }, 200),
  );
  app.openapi(completeRoute(judge), async (c) =>
    c.json(await completeJob(held(c), c.req.valid("json"), deps()), 200),
  );
  app.openapi(failRoute(judge), async (c) =>
    c.json(await giveBack(held(c), { type: "fail", ...c.req.valid("json") }, deps()), 200),
  );
  app.openapi(releaseRoute(judge), async (c) =>
    c.json(await giveBack(held(c), { type: "release" }, deps()), 200),
  );
  return app;
}

/** A route of one lease, its judge in front of what reads the body. */
function leaseRoute<Body extends z.ZodType, Answer extends z.ZodType>(
  call: LeaseCall,
  route: { summary: string; body: Body; description: string; answer: Answer },
) {
  return (judge: (call: LeaseCall) => MiddlewareHandler<AppEnv>) => {
    const engine = access("engine");
    return createRoute({
      ...engine,
      middleware: [...engine.middleware, judge(call)],
      method: "post",
      path: `/v1/engine/leases/{leaseId}/${call}`,
      summary: route.summary,
      request: { params: leaseParam, body: body(route.body) },
      responses: {
        200: { description: route.description, content: json(route.answer) },
        409: { description: "`lease_lost`: the lease is over; nothing was changed." },
      },
    });
  };
}
