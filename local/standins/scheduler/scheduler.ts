import { z } from "zod";
import { type Clock, systemClock } from "#shared/platform/clock.ts";
import { deliver, type HttpResult } from "../tasks/deliver.ts";
import type { MintIdToken } from "../tasks/idToken.ts";
import { cronTimes } from "./cron.ts";

const jobSchema = z
  .strictObject({
    name: z.string().regex(/^[A-Za-z0-9_-]{1,500}$/),
    /** When it runs: in unix-cron's form, in UTC; or a pace, which Cloud Scheduler doesn't have. */
    cron: z.string().refine(isCron, "expected five fields of unix-cron").exactOptional(),
    everySeconds: z.number().positive().exactOptional(),
    url: z.url({ protocol: /^https?$/ }),
    serviceAccountEmail: z.email(),
    /** The job's URL unless set. */
    audience: z.string().min(1).exactOptional(),
    /** How long a run may take; three minutes, as in Cloud Scheduler, unless set. */
    attemptDeadlineSeconds: z.number().positive().max(1800).default(180),
  })
  .refine(({ cron, everySeconds }) => (cron === undefined) !== (everySeconds === undefined), {
    error: "expected either cron or everySeconds",
  });

function isCron(text: string): boolean {
  try {
    cronTimes(text);
    return true;
  } catch {
    return false;
  }
}

/** A job in the local cloud: POST to `url` at its times, with an ID token of the service account. */
type SchedulerJob = z.input<typeof jobSchema>;

export interface SchedulerOptions {
  jobs: SchedulerJob[];
  mintIdToken: MintIdToken;
  clock?: Clock;
  log?: (event: string, fields: Record<string, string | number>) => void;
}

export interface Scheduler {
  /** Ends all runs under way and starts no other. */
  close(): Promise<void>;
}

const LONGEST_WAIT_MS = 3_600_000;

/**
 * Runs every job at its times after now; one with a pace first one period after now. A job never overlaps itself: times that pass while
 * it runs are skipped. A run that fails, for any reason, is logged and not repeated; the next one comes at its time. Throws for a job
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
  const timeAfter =
    job.cron === undefined ? paceOf((job.everySeconds ?? 1) * 1000, clock()) : cronTimes(job.cron);
  let due = timeAfter(clock());
  while (!closing.aborted) {
    const waitMs = due.getTime() - clock().getTime();
    if (waitMs > 0) {
      await wait(Math.min(waitMs, LONGEST_WAIT_MS), closing);
      continue;
    }
    const result = await run(job, due, options, closing);
    if (result.kind === "closed") return;
    const outcome = result.kind === "answer" ? `HTTP status code ${result.status}` : result.reason;
    const done = result.kind === "answer" && result.status >= 200 && result.status < 300;
    log(done ? "scheduled_run_done" : "scheduled_run_failed", { job: job.name, result: outcome });
    due = timeAfter(clock());
  }
}

/** The times of a pace: whole periods after its beginning. */
function paceOf(periodMs: number, beginning: Date): (after: Date) => Date {
  return (after) => {
    const periods = Math.floor((after.getTime() - beginning.getTime()) / periodMs) + 1;
    return new Date(beginning.getTime() + periods * periodMs);
  };
}

async function run(
  job: Job,
  dueAt: Date,
  { mintIdToken }: SchedulerOptions,
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
    job.attemptDeadlineSeconds * 1000,
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
