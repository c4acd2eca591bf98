import { z } from "zod";

/**
 * The stand-in's tables. A task's name leaves a row in `spent_names` when the task goes, so that it can't be used again for a while. `running` is 1
 * while an attempt is under way; what it says after a crash is history, see TaskStore.
 */
export const TABLES = `
  CREATE TABLE IF NOT EXISTS queues (
    name TEXT PRIMARY KEY,
    settings TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS tasks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    queue TEXT NOT NULL REFERENCES queues (name) ON DELETE CASCADE,
    request TEXT NOT NULL,
    body BLOB NOT NULL,
    deadline_ms INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    scheduled_at INTEGER NOT NULL,
    running INTEGER NOT NULL DEFAULT 0,
    dispatch_count INTEGER NOT NULL DEFAULT 0,
    response_count INTEGER NOT NULL DEFAULT 0,
    execution_count INTEGER NOT NULL DEFAULT 0,
    first_attempt_at INTEGER,
    last_attempt TEXT
  ) STRICT;
  CREATE INDEX IF NOT EXISTS tasks_due ON tasks (queue, scheduled_at, id) WHERE running = 0;
  CREATE INDEX IF NOT EXISTS tasks_by_queue ON tasks (queue, id);
  CREATE TABLE IF NOT EXISTS spent_names (name TEXT PRIMARY KEY, until INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS spent_names_until ON spent_names (until);
`;

const json = z.string().transform((text) => JSON.parse(text) as unknown); // `unknown` only names what JSON.parse returns

const httpMethods = ["POST", "GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"] as const;
export const httpMethodSchema = z.enum(httpMethods);

const taskRequestSchema = z.object({
  url: z.string(),
  method: httpMethodSchema,
  headers: z.record(z.string(), z.string()),
  oidc: z.object({ serviceAccountEmail: z.string(), audience: z.string() }).nullable(),
});

/** The HTTP request a task makes, without its body. */
export type TaskRequest = z.output<typeof taskRequestSchema>;

const attemptSchema = z.object({
  scheduledAt: z.number(),
  dispatchedAt: z.number(),
  /** Absent while the attempt is under way. */
  ended: z
    .object({ at: z.number(), code: z.number(), message: z.string(), httpStatus: z.number().nullable() })
    .nullable(),
});

/** One attempt to deliver a task; times in microseconds. `httpStatus` is null if no answer came. */
export type Attempt = z.output<typeof attemptSchema>;

export const taskRowSchema = z
  .object({
    id: z.number(),
    name: z.string(),
    queue: z.string(),
    request: json.pipe(taskRequestSchema),
    body: z.instanceof(Uint8Array),
    deadline_ms: z.number(),
    created_at: z.number(),
    scheduled_at: z.number(),
    dispatch_count: z.number(),
    response_count: z.number(),
    execution_count: z.number(),
    first_attempt_at: z.number().nullable(),
    last_attempt: json.pipe(attemptSchema).nullable(),
  })
  .transform((row) => ({
    id: row.id,
    name: row.name,
    queue: row.queue,
    request: row.request,
    body: row.body,
    deadlineMs: row.deadline_ms,
    createdAt: row.created_at,
    scheduledAt: row.scheduled_at,
    dispatchCount: row.dispatch_count,
    responseCount: row.response_count,
    /** Answers other than 5xx: what X-CloudTasks-TaskExecutionCount counts. */
    executionCount: row.execution_count,
    firstAttemptAt: row.first_attempt_at,
    lastAttempt: row.last_attempt,
  }));

/** A task as it is stored; times in microseconds. `id` is its own even if the name is used again later. */
export type Task = z.output<typeof taskRowSchema>;

const settingsSchema = z.object({
  rateLimits: z.object({
    maxDispatchesPerSecond: z.number(),
    maxBurstSize: z.number(),
    maxConcurrentDispatches: z.number(),
  }),
  retryConfig: z.object({
    maxAttempts: z.number(),
    maxRetryDurationMs: z.number(),
    minBackoffMs: z.number(),
    maxBackoffMs: z.number(),
    maxDoublings: z.number(),
  }),
});

export const queueRowSchema = z.object({ name: z.string(), settings: json.pipe(settingsSchema) });

export type Queue = z.output<typeof queueRowSchema>;
