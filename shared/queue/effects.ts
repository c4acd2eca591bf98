/**
 * What a committed change asks for: rings, timers, notifications. None of it may fail the change, which is committed already; what is
 * lost is recovered by `sweep`, and all may be repeated without harm.
 */
import type { Task, TaskQueue } from "../platform/tasks/taskQueue.ts";
import { withTrace } from "../platform/trace.ts";
import { type BellDeps, ringFor } from "./bell.ts";
import type { Job } from "./jobDocument.ts";
import type { Effect } from "./jobEvent.ts";
import { type NotificationDeps, publishEnd } from "./notifications.ts";

export interface EffectDeps extends BellDeps, NotificationDeps {
  readonly tasks: TaskQueue;
}

/** An effect with the job that asks for it, as it was written. */
export interface JobEffect {
  readonly jobId: string;
  readonly job: Job;
  readonly effect: Effect;
}

/** Performs effects, all at once. Never throws: what fails is logged and left to `sweep`. */
export async function perform(effects: readonly JobEffect[], deps: EffectDeps): Promise<void> {
  await Promise.all(
    effects.map(async ({ jobId, job, effect }) => {
      await withTrace(job.trace, async () => {
        try {
          await performOne(jobId, job, effect, deps);
        } catch (error) {
          deps.log.warn("effect_left_to_sweep", { jobId, effect: effect.type, error });
        }
      });
    }),
  );
}

async function performOne(jobId: string, job: Job, effect: Effect, deps: EffectDeps): Promise<void> {
  switch (effect.type) {
    case "ring":
      return ringFor(job.kind, deps);
    case "lease_timer":
      await deps.tasks.add(leaseTimer(jobId, effect.leaseNumber, effect.at));
      return;
    case "entry_timer":
      await deps.tasks.add(entryTimer(jobId, effect.enqueueCount, effect.at));
      return;
    case "notification":
      return publishEnd(jobId, job, deps);
  }
}

/**
 * The task that looks at a lease at its end. Named by that end too, because a lease that was renewed gets another; asking for the
 * same one twice adds it once.
 */
export function leaseTimer(jobId: string, leaseNumber: number, at: Date): Task {
  return {
    queue: "timer",
    name: `lease-${jobId}-${leaseNumber}-${at.getTime()}`,
    path: "/lease-ended",
    body: { jobId, leaseNumber, at: at.toISOString() },
    at,
  };
}

/** The task that lets a job that backs off enter the line again. */
export function entryTimer(jobId: string, enqueueCount: number, at: Date): Task {
  return {
    queue: "timer",
    name: `entry-${jobId}-${enqueueCount}-${at.getTime()}`,
    path: "/back-off-ended",
    body: { jobId, enqueueCount, at: at.toISOString() },
    at,
  };
}
