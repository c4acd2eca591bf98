import type { NewTaskMessage } from "./messages.ts";
import { parentName, resourceName } from "./names.ts";
import { acceptedHeaders, mayHaveBody } from "./requestHeaders.ts";
import type { TaskRequest } from "./schema.ts";
import { invalid, unimplemented } from "./status.ts";
import type { NewTask } from "./store.ts";
import type { Micros } from "./time.ts";

/** The smaller of the two limits that Cloud Tasks documents: of CreateTask's reference; its page of quotas says 1 MB. */
const MAX_TASK_BYTES = 100 * 1024;
const MAX_URL_LENGTH = 2083;
const MAX_SCHEDULE_AHEAD: Micros = 30 * 86_400e6;
const DEADLINE_MS = { default: 600_000, max: 1_800_000 };

/** What a task is checked against. */
export interface TaskLimits {
  now: Micros;
  /** 15 s in Cloud Tasks; tests set it lower. */
  minDispatchDeadlineMs: number;
  newTaskId: () => string;
}

/**
 * The task a CreateTask message asks for in `queue`, with everything that Cloud Tasks fills in: a name, POST, now for a time that is
 * absent or past, the target's URL as audience. INVALID_ARGUMENT for what it documents as invalid.
 */
export function newTask(message: NewTaskMessage, queue: string, limits: TaskLimits): NewTask {
  if (message.appEngineHttpRequest != null) throw unimplemented("App Engine targets");
  if (message.httpRequest == null) throw invalid("task.http_request is required.");
  const { body } = message.httpRequest;
  const request = acceptedRequest(message.httpRequest);
  if (body.byteLength + JSON.stringify(request).length > MAX_TASK_BYTES)
    throw invalid("task: the task is larger than 100 KB.");
  const scheduleTime = message.scheduleTime ?? limits.now;
  if (scheduleTime > limits.now + MAX_SCHEDULE_AHEAD)
    throw invalid("task.schedule_time must not be more than 30 days ahead.");
  return {
    name: acceptedName(message.name, queue, limits.newTaskId),
    queue,
    request,
    body,
    deadlineMs: acceptedDeadline(
      message.dispatchDeadline ?? DEADLINE_MS.default,
      limits.minDispatchDeadlineMs,
    ),
    createdAt: limits.now,
    scheduledAt: Math.max(scheduleTime, limits.now),
  };
}

function acceptedName(name: string, queue: string, newTaskId: () => string): string {
  if (name === "") return `${queue}/tasks/${newTaskId()}`;
  resourceName("task", name, "task.name");
  if (parentName(name) !== queue) throw invalid(`task.name must begin with the parent, "${queue}/tasks/".`);
  return name;
}

function acceptedRequest(message: NonNullable<NewTaskMessage["httpRequest"]>): TaskRequest {
  const { url, httpMethod, headers, body, oauthToken, oidcToken } = message;
  if (oauthToken != null) throw unimplemented("OAuth tokens (use an OIDC token)");
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url))
    throw invalid('task.http_request.url must be a full URL that begins with "http://" or "https://".');
  if (new URL(url).href.length > MAX_URL_LENGTH)
    throw invalid(`task.http_request.url must not be longer than ${MAX_URL_LENGTH} characters.`);
  if (body.byteLength > 0 && !mayHaveBody(httpMethod))
    throw invalid(`task.http_request.body must be empty for ${httpMethod}.`);
  if (oidcToken != null && !/^[^\s@]+@[^\s@]+$/.test(oidcToken.serviceAccountEmail))
    throw invalid("task.http_request.oidc_token.service_account_email must be an address.");
  const oidc =
    oidcToken == null
      ? null
      : { serviceAccountEmail: oidcToken.serviceAccountEmail, audience: oidcToken.audience || url };
  return { url, method: httpMethod, headers: acceptedHeaders(headers), oidc };
}

function acceptedDeadline(ms: number, min: number): number {
  if (ms < min || ms > DEADLINE_MS.max)
    throw invalid(`task.dispatch_deadline must be from ${min / 1000} s to ${DEADLINE_MS.max / 1000} s.`);
  return Math.floor(ms);
}
