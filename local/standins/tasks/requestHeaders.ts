import { validateHeaderName, validateHeaderValue } from "node:http";
import { shortName } from "./names.ts";
import type { Attempt, Task } from "./schema.ts";
import { invalid } from "./status.ts";

const MAX_HEADERS_BYTES = 80 * 1024;

/** What a task may not set: computed, connection-level, or Google's own (`HttpRequest.headers` in google/cloud/tasks/v2/target.proto). */
const RESERVED =
  /^(host|content-length|transfer-encoding|connection|keep-alive|upgrade|te|trailer|expect|proxy-.*|user-agent|x-google-.*|x-appengine-.*|x-cloudtasks-.*)$/i;

/** The headers a task is kept with: the reserved ones are left out, as documented; malformed ones are INVALID_ARGUMENT. */
export function acceptedHeaders(headers: Record<string, string>): Record<string, string> {
  let bytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      throw invalid(`task.http_request.headers: "${name}" is not a valid HTTP header.`);
    }
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  }
  if (bytes >= MAX_HEADERS_BYTES) throw invalid("task.http_request.headers must be less than 80 KB.");
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !RESERVED.test(name)));
}

/** "A request body is allowed only if the HTTP method is POST, PUT, or PATCH." */
export const mayHaveBody = (method: string): boolean => ["POST", "PUT", "PATCH"].includes(method);

/**
 * The headers of one attempt: the task's own, and the ones Cloud Tasks adds
 * (https://cloud.google.com/tasks/docs/creating-http-target-tasks#handler). `task` is as it is with this attempt counted.
 */
export function requestHeaders(
  task: Task,
  previous: Attempt | null,
  idToken: string | undefined,
): Record<string, string> {
  const own = Object.entries(task.request.headers);
  const kept = idToken === undefined ? own : own.filter(([name]) => name.toLowerCase() !== "authorization");
  const previousStatus = previous?.ended?.httpStatus;
  return {
    ...Object.fromEntries(kept),
    ...(idToken !== undefined && { Authorization: `Bearer ${idToken}` }),
    "User-Agent": "Google-Cloud-Tasks",
    ...(mayHaveBody(task.request.method) && { "Content-Length": String(task.body.byteLength) }),
    "X-CloudTasks-QueueName": shortName(task.queue),
    "X-CloudTasks-TaskName": shortName(task.name),
    "X-CloudTasks-TaskRetryCount": String(task.dispatchCount - 1),
    "X-CloudTasks-TaskExecutionCount": String(task.executionCount),
    "X-CloudTasks-TaskETA": ((task.lastAttempt?.scheduledAt ?? task.scheduledAt) / 1e6).toFixed(6),
    ...(typeof previousStatus === "number" && {
      "X-CloudTasks-TaskPreviousResponse": String(previousStatus),
    }),
  };
}
