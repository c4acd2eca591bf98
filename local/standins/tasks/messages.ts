import { z } from "zod";
import { type Attempt, httpMethodSchema, type Queue, type Task } from "./schema.ts";
import { durationMessage, type Micros, timestampMessage } from "./time.ts";

/*
 * google.cloud.tasks.v2 as @grpc/proto-loader decodes it with the options in server.ts: 64-bit numbers and enums as strings (an unknown
 * enum value stays a number and is refused here), absent messages as null.
 */

const nanosSchema = z.number().min(0).max(999_999_999);

const timestampSchema = z
  .object({ seconds: z.string().transform(Number), nanos: nanosSchema })
  .transform(({ seconds, nanos }): Micros => seconds * 1e6 + Math.floor(nanos / 1000));

const durationSchema = z
  .object({ seconds: z.string().transform(Number), nanos: z.number() })
  .transform(({ seconds, nanos }) => seconds * 1000 + nanos / 1e6);

const viewSchema = z
  .enum(["VIEW_UNSPECIFIED", "BASIC", "FULL"])
  .transform((view): "BASIC" | "FULL" => (view === "FULL" ? "FULL" : "BASIC"));

const httpRequestSchema = z.object({
  url: z.string(),
  httpMethod: z
    .union([httpMethodSchema, z.literal("HTTP_METHOD_UNSPECIFIED")])
    .transform((method) => (method === "HTTP_METHOD_UNSPECIFIED" ? "POST" : method)),
  headers: z.record(z.string(), z.string()),
  body: z.instanceof(Uint8Array),
  oauthToken: z.unknown().optional(),
  oidcToken: z.object({ serviceAccountEmail: z.string(), audience: z.string() }).nullish(),
});

const newTaskSchema = z.object({
  name: z.string(),
  httpRequest: httpRequestSchema.nullish(),
  appEngineHttpRequest: z.unknown().optional(),
  scheduleTime: timestampSchema.nullish(),
  dispatchDeadline: durationSchema.nullish(),
});

export type NewTaskMessage = z.output<typeof newTaskSchema>;

const queueSchema = z.object({
  name: z.string(),
  appEngineRoutingOverride: z.unknown().optional(),
  rateLimits: z.object({ maxDispatchesPerSecond: z.number(), maxConcurrentDispatches: z.number() }).nullish(),
  retryConfig: z
    .object({
      maxAttempts: z.number(),
      maxRetryDuration: durationSchema.nullish(),
      minBackoff: durationSchema.nullish(),
      maxBackoff: durationSchema.nullish(),
      maxDoublings: z.number(),
    })
    .nullish(),
});

export type QueueMessage = z.output<typeof queueSchema>;

const page = { pageSize: z.number(), pageToken: z.string() };

export const requests = {
  listQueues: z.object({ parent: z.string(), filter: z.string(), ...page }),
  /** GetQueue, DeleteQueue, PurgeQueue, PauseQueue, ResumeQueue and DeleteTask all hold a name and no more. */
  byName: z.object({ name: z.string() }),
  createQueue: z.object({ parent: z.string(), queue: queueSchema }),
  updateQueue: z.object({
    queue: queueSchema,
    updateMask: z.object({ paths: z.array(z.string()) }).nullish(),
  }),
  listTasks: z.object({ parent: z.string(), responseView: viewSchema, ...page }),
  /** GetTask and RunTask. */
  taskByName: z.object({ name: z.string(), responseView: viewSchema }),
  createTask: z.object({ parent: z.string(), task: newTaskSchema, responseView: viewSchema }),
};

/** A stored queue as the Queue message. */
export function queueMessage({ name, state, settings: { rateLimits, retryConfig }, purgedAt }: Queue) {
  return {
    name,
    rateLimits,
    retryConfig: {
      maxAttempts: retryConfig.maxAttempts,
      maxRetryDuration: durationMessage(retryConfig.maxRetryDurationMs),
      minBackoff: durationMessage(retryConfig.minBackoffMs),
      maxBackoff: durationMessage(retryConfig.maxBackoffMs),
      maxDoublings: retryConfig.maxDoublings,
    },
    state,
    ...(purgedAt !== null && { purgeTime: timestampMessage(purgedAt) }),
  };
}

/** A stored task as the Task message; the BASIC view leaves the body out. */
export function taskMessage(task: Task, view: "BASIC" | "FULL") {
  const { url, method, headers, oidc } = task.request;
  return {
    name: task.name,
    httpRequest: {
      url,
      httpMethod: method,
      headers,
      ...(view === "FULL" && { body: task.body }),
      ...(oidc !== null && { oidcToken: oidc }),
    },
    scheduleTime: timestampMessage(task.scheduledAt),
    // "create_time will be truncated to the nearest second", as the proto says.
    createTime: { seconds: Math.floor(task.createdAt / 1e6), nanos: 0 },
    dispatchDeadline: durationMessage(task.deadlineMs),
    dispatchCount: task.dispatchCount,
    responseCount: task.responseCount,
    ...(task.firstAttemptAt !== null && {
      firstAttempt: { dispatchTime: timestampMessage(task.firstAttemptAt) },
    }),
    ...(task.lastAttempt !== null && { lastAttempt: attemptMessage(task.lastAttempt) }),
    view,
  };
}

function attemptMessage({ scheduledAt, dispatchedAt, ended }: Attempt) {
  return {
    scheduleTime: timestampMessage(scheduledAt),
    dispatchTime: timestampMessage(dispatchedAt),
    ...(ended !== null && {
      responseTime: timestampMessage(ended.at),
      responseStatus: { code: ended.code, message: ended.message },
    }),
  };
}
