import { status } from "@grpc/grpc-js";
import type { Clock } from "#shared/platform/clock.ts";
import { deliver, type HttpResult } from "./deliver.ts";
import { type Outcome, QueueFlow, type ThrottleSettings } from "./flow.ts";
import type { MintIdToken } from "./idToken.ts";
import { requestHeaders } from "./requestHeaders.ts";
import { backoffMs, isExhausted, retryAfterMs } from "./retry.ts";
import type { Attempt, Queue, Task } from "./schema.ts";
import { codeOfHttpStatus } from "./status.ts";
import type { AttemptEnd, TaskStore } from "./store.ts";
import { MICROS_PER_MS, nowMicros } from "./time.ts";

/** One line of what happened, for a structured log. Holds no body, header or token. */
export type TasksLog = (event: string, fields: Record<string, string | number>) => void;

export interface DispatcherDeps {
  store: TaskStore;
  mintIdToken: MintIdToken;
  clock: Clock;
  log: TasksLog;
  throttle: ThrottleSettings;
  /** How long the name of a task that is gone stays unusable. */
  nameRetentionMs: number;
}

/** setTimeout's limit is 2^31 - 1 ms; what is further away is looked at again after an hour. */
const LONGEST_WAIT_MS = 3_600_000;

interface Lane {
  flow: QueueFlow;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Sends the tasks of all queues when they are due, at the pace of their queue, and records what became of each attempt before
 * anything is concluded from it.
 */
export class Dispatcher {
  readonly #deps: DispatcherDeps;
  readonly #lanes = new Map<string, Lane>();
  readonly #closing = new AbortController();
  readonly #underWay = new Set<Promise<void>>();

  constructor(deps: DispatcherDeps) {
    this.#deps = deps;
  }

  /** Looks at a queue again after something changed: a task came, or an attempt ended. */
  wake(queueName: string): void {
    if (this.#closing.signal.aborted) return;
    clearTimeout(this.#lanes.get(queueName)?.timer);
    const queue = this.#deps.store.queue(queueName);
    if (queue === undefined) return;
    const lane = this.#lane(queue);
    const waitMs = this.#dispatchWhatIsDue(queueName, lane.flow);
    if (waitMs === undefined) return;
    lane.timer = setTimeout(() => this.wake(queueName), Math.min(Math.ceil(waitMs), LONGEST_WAIT_MS));
  }

  /** Stops dispatching and drops the attempts under way, which stay due for the next process that opens the store. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const lane of this.#lanes.values()) clearTimeout(lane.timer);
    await Promise.all(this.#underWay);
  }

  #lane({ name, settings: { rateLimits } }: Queue): Lane {
    const now = this.#deps.clock().getTime();
    const lane = this.#lanes.get(name) ?? {
      flow: new QueueFlow(rateLimits, this.#deps.throttle, now),
      timer: undefined,
    };
    this.#lanes.set(name, lane);
    return lane;
  }

  /** Returns the milliseconds until there may be more to do; undefined if only another event can bring it. */
  #dispatchWhatIsDue(queueName: string, flow: QueueFlow): number | undefined {
    for (;;) {
      const next = this.#deps.store.nextTask(queueName);
      if (next === undefined) return undefined;
      const now = this.#deps.clock().getTime();
      const readyAt = Math.max(next.scheduledAt / MICROS_PER_MS, flow.readyAt(now));
      if (readyAt === Number.POSITIVE_INFINITY) return undefined;
      if (readyAt > now) return readyAt - now;
      this.#begin(next.id, queueName, flow);
    }
  }

  #begin(id: number, queueName: string, flow: QueueFlow): void {
    const begun = this.#deps.store.beginAttempt(id, nowMicros(this.#deps.clock));
    const attempt = begun?.task.lastAttempt;
    if (begun === undefined || !attempt) return;
    flow.start(this.#deps.clock().getTime());
    const work = this.#attempt(begun.task, attempt, begun.previous, flow).finally(() => {
      this.#underWay.delete(work);
      this.wake(queueName);
    });
    this.#underWay.add(work);
  }

  async #attempt(task: Task, attempt: Attempt, previous: Attempt | null, flow: QueueFlow): Promise<void> {
    const result = await this.#send(task, previous);
    if (result.kind === "closed") return;
    const now = this.#deps.clock();
    const asked = result.kind === "answer" ? retryAfterMs(overloadRetryAfter(result), now) : 0;
    const startedAt = attempt.dispatchedAt / MICROS_PER_MS;
    const slower = flow.finish(outcomeOf(result), startedAt, now.getTime(), asked);
    if (slower)
      this.#deps.log("queue_throttled", {
        queue: task.queue,
        spacingMs: flow.spacingMs,
        retryAfterMs: asked,
      });
    this.#conclude(task, attempt, result, asked);
  }

  async #send(task: Task, previous: Attempt | null): Promise<HttpResult> {
    const { url, method, oidc } = task.request;
    const closing = this.#closing.signal;
    let idToken: string | undefined;
    try {
      if (oidc !== null)
        idToken = await this.#deps.mintIdToken(oidc.serviceAccountEmail, oidc.audience, closing);
    } catch (error) {
      if (closing.aborted) return { kind: "closed", reason: "the sender was closed" };
      const reason = error instanceof Error ? error.message : String(error);
      return { kind: "unreachable", reason: `no ID token: ${reason}` };
    }
    const call = { url, method, headers: requestHeaders(task, previous, idToken), body: task.body };
    return deliver(call, task.deadlineMs, closing);
  }

  #conclude(task: Task, attempt: Attempt, result: HttpResult, askedMs: number): void {
    const { store, clock, log, nameRetentionMs } = this.#deps;
    const now = nowMicros(clock);
    const nameSpentUntil = now + nameRetentionMs * MICROS_PER_MS;
    const end = endOf(result, now);
    const fields = { task: task.name, attempt: task.dispatchCount, result: end.message };
    if (end.code === status.OK) {
      store.removeTask(task.id, nameSpentUntil);
      log("task_done", fields);
      return;
    }
    const failed = store.failAttempt(task.id, attempt, end);
    const config = store.queue(task.queue)?.settings.retryConfig;
    if (failed === undefined || config === undefined) {
      log("task_deleted_while_running", fields);
      return;
    }
    const firstAttemptAt = failed.firstAttemptAt ?? attempt.dispatchedAt;
    if (isExhausted({ attempts: failed.dispatchCount, firstAttemptAt }, config, now)) {
      store.removeTask(task.id, nameSpentUntil);
      log("task_dropped", fields);
      return;
    }
    const waitMs = Math.max(backoffMs(failed.dispatchCount, config), askedMs);
    store.reschedule(task.id, now + Math.round(waitMs * MICROS_PER_MS));
    log("task_retry", { ...fields, inMs: waitMs });
  }
}

const isOverload = (httpStatus: number): boolean => httpStatus === 429 || httpStatus === 503;

const overloadRetryAfter = (answer: {
  status: number;
  retryAfter: string | undefined;
}): string | undefined => (isOverload(answer.status) ? answer.retryAfter : undefined);

function outcomeOf(result: HttpResult): Outcome {
  if (result.kind !== "answer") return "error";
  if (isOverload(result.status)) return "overload";
  return codeOfHttpStatus(result.status) === status.OK ? "success" : "error";
}

function endOf(result: HttpResult, at: number): AttemptEnd {
  if (result.kind === "answer") {
    const code = codeOfHttpStatus(result.status);
    return {
      at,
      code,
      message: describe(code, `HTTP status code ${result.status}`),
      httpStatus: result.status,
    };
  }
  const code = result.kind === "deadline" ? status.DEADLINE_EXCEEDED : status.UNAVAILABLE;
  return { at, code, message: describe(code, result.reason), httpStatus: null };
}

/** As Cloud Tasks words `lastAttempt.responseStatus.message`. */
const describe = (code: status, what: string): string => `${status[code]}(${code}): ${what}`;
