import { z } from "zod";
import { type Clock, systemClock } from "#shared/platform/clock.ts";
import { deliver, type HttpResult } from "../tasks/deliver.ts";
import type { MintIdToken } from "../tasks/idToken.ts";

const jobSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9_-]{1,500}$/),
  everySeconds: z.number().positive(),
  url: z.url({ protocol: /^https?$/ }),
  serviceAccountEmail: z.email(),
  /** The job's URL unless set. */
  audience: z.string().min(1).exactOptional(),
});

/** A job in the local cloud: POST to `url` every so many seconds, with an ID token of the service account. */
type SchedulerJob = z.input<typeof jobSchema>;

export interface SchedulerOptions {
  jobs: SchedulerJob[];
  mintIdToken: MintIdToken;
  clock?: Clock;
  log?: (event: string, fields: Record<string, string | number>) => void;
  /** How long a run may take; three minutes, as in Cloud Scheduler, unless set. */
  attemptDeadlineMs?: number;
}

export interface Scheduler {
  /** Ends all runs under way and starts no other. */
  close(): Promise<void>;
}

const HTTP_DEADLINE_MS = 180_000;
const LONGEST_WAIT_MS = 3_600_000;

/**
 * Runs every job first one period after now, and then once a period. A job never overlaps itself: periods that pass while it runs
 * are skipped. A run that fails, for any reason, is logged and not repeated; the next one comes at its time. Throws for a job
 * that isn't well-formed.
 */
export function startScheduler(options: SchedulerOptions): Scheduler {
  const closing = new AbortController();
  const jobs = z.array(jobSchema).parse(options.jobs);
  const loops = jobs.map((job) => runPeriodically(job, options, closing.signal));
  return {
    async close() {
      closing.abort();
      await Promise.all(loops);
    },
  };
}

type Job = z.output<typeof jobSchema>;

async function runPeriodically(job: Job, options: SchedulerOptions, closing: AbortSignal): Promise<void> {
  const { clock = systemClock, log = () => {} } = options;
  const periodMs = job.everySeconds * 1000;
  let dueAt = clock().getTime() + periodMs;
  while (!closing.aborted) {
    const waitMs = dueAt - clock().getTime();
    if (waitMs > 0) {
      await wait(Math.min(waitMs, LONGEST_WAIT_MS), closing);
      continue;
    }
    const result = await run(job, new Date(dueAt), options, closing);
    if (result.kind === "closed") return;
    const outcome = result.kind === "answer" ? `HTTP status code ${result.status}` : result.reason;
    const done = result.kind === "answer" && result.status >= 200 && result.status < 300;
    log(done ? "scheduled_run_done" : "scheduled_run_failed", { job: job.name, result: outcome });
    const missed = Math.floor(Math.max(0, clock().getTime() - dueAt) / periodMs);
    dueAt += (missed + 1) * periodMs;
  }
}

async function run(
  job: Job,
  dueAt: Date,
  { mintIdToken, attemptDeadlineMs = HTTP_DEADLINE_MS }: SchedulerOptions,
  closing: AbortSignal,
): Promise<HttpResult> {
  let idToken: string;
  try {
    idToken = await mintIdToken(job.serviceAccountEmail, job.audience ?? job.url, closing);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return closing.aborted
      ? { kind: "closed", reason }
      : { kind: "unreachable", reason: `no ID token: ${reason}` };
  }
  const headers = {
    Authorization: `Bearer ${idToken}`,
    "Content-Length": "0",
    "User-Agent": "Google-Cloud-Scheduler",
    "X-CloudScheduler": "true",
    "X-CloudScheduler-JobName": job.name,
    "X-CloudScheduler-ScheduleTime": dueAt.toISOString(),
  };
  return deliver(
    { url: job.url, method: "POST", headers, body: new Uint8Array() },
    attemptDeadlineMs,
    closing,
  );
}

/** Ends early when `closing` aborts. */
function wait(ms: number, closing: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      closing.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, Math.ceil(ms));
    closing.addEventListener("abort", end);
  });
}
