import { z } from "zod";
import { type Attempt, httpMethodSchema, type Task } from "./schema.ts";
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

export const requests = {
  getTask: z.object({ name: z.string(), responseView: viewSchema }),
  createTask: z.object({ parent: z.string(), task: newTaskSchema, responseView: viewSchema }),
  deleteTask: z.object({ name: z.string() }),
};

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
