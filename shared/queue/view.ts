/** A job as people are shown it. */
import type { Firestore } from "@google-cloud/firestore";
import { reasonIn } from "../kinds/failures.ts";
import type { Kinds } from "../kinds/index.ts";
import type { Kind } from "../kinds/kind.ts";
import { type Clock, plusSeconds } from "../platform/clock.ts";
import { LANGUAGES, type Language } from "../platform/language.ts";
import { resourceIdOf } from "../results/resultDocument.ts";
import { type KindPace, median, remainingSeconds, startsInSeconds } from "./estimate.ts";
import { isOpen, type Job, type JobState } from "./jobDocument.ts";
import { positionOf, positionsOf } from "./positions.ts";
import type { ListedJob } from "./readableJob.ts";

export interface JobView {
  readonly id: string;
  readonly spaceId: string;
  readonly kind: string;
  readonly title: string;
  readonly state: JobState;
  readonly params: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, { uploadId: string; state: "waiting" | "received" | "rejected" }>>;
  /** From 1, while queued. */
  readonly position: number | null;
  readonly estimatedStartAt: string | null;
  readonly estimatedDoneAt: string | null;
  readonly progress: { readonly fraction: number; readonly stage: string | null } | null;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly error: { readonly code: string; readonly message: string } | null;
  /** The resource this job becomes; it answers 404 until then. */
  readonly resourceId: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly finishedAt: string | null;
  /** Where its event stream flows. */
  readonly eventsUrl: string;
}

export interface ViewDeps {
  readonly firestore: Firestore;
  readonly kinds: Kinds;
  readonly clock: Clock;
  /** `paceReader` of this instance. */
  readonly pace: (kind: Kind) => Promise<KindPace>;
  /** The setting EVENTS_ORIGIN. */
  readonly eventsOrigin: string;
}

/**
 * A job with its place in line and what can be said about its time.
 * @param language of the sentence that says why it failed; one that has not failed needs none
 */
export async function viewJob(id: string, job: Job, deps: ViewDeps, language?: Language): Promise<JobView> {
  const position = job.state === "queued" ? await positionOf(id, job, deps.firestore) : null;
  return viewJobAt(id, job, position, deps, language);
}

/** The same of several jobs. */
export async function viewJobs(
  jobs: readonly ListedJob[],
  deps: ViewDeps,
  language?: Language,
): Promise<JobView[]> {
  const positions = await positionsOf(jobs, deps.firestore);
  return Promise.all(
    jobs.map(({ id, job }) => viewJobAt(id, job, positions.get(id) ?? null, deps, language)),
  );
}

/** The same of a job whose place in line is known. */
export async function viewJobAt(
  id: string,
  job: Job,
  position: number | null,
  deps: ViewDeps,
  language: Language = LANGUAGES[0],
): Promise<JobView> {
  const { kind, title, state, params, progress, attempt, maxAttempts, error } = job;
  return {
    id,
    spaceId: job.spaceId,
    kind,
    title,
    state,
    params,
    inputs: Object.fromEntries(
      Object.entries(job.inputs).map(([role, input]) => [
        role,
        { uploadId: input.uploadId, state: input.state },
      ]),
    ),
    position,
    ...(await estimates(job, position, deps)),
    progress,
    attempt,
    maxAttempts,
    error: error && reasonIn(language, error),
    resourceId: resourceIdOf(id),
    createdAt: job.createdAt.toISOString(),
    updatedAt: job.updatedAt.toISOString(),
    finishedAt: job.finishedAt?.toISOString() ?? null,
    eventsUrl: `${deps.eventsOrigin}/v1/jobs/${id}/events`,
  };
}

async function estimates(job: Job, position: number | null, deps: ViewDeps) {
  const kind = deps.kinds.get(job.kind);
  if (!kind || !isOpen(job) || job.state === "awaiting_upload") {
    return { estimatedStartAt: null, estimatedDoneAt: null };
  }
  const now = deps.clock();
  const pace = await deps.pace(kind);
  if (job.lease) {
    const elapsed = Math.max(0, (now.getTime() - job.lease.startedAt.getTime()) / 1000);
    return {
      estimatedStartAt: job.lease.startedAt.toISOString(),
      estimatedDoneAt: plusSeconds(now, remainingSeconds(pace.took, elapsed)).toISOString(),
    };
  }
  const notBefore = job.availableAt ? (job.availableAt.getTime() - now.getTime()) / 1000 : 0;
  const startsIn = Math.max(notBefore, startsInSeconds(pace, position ?? 1));
  return {
    estimatedStartAt: plusSeconds(now, startsIn).toISOString(),
    estimatedDoneAt: plusSeconds(now, startsIn + median(pace.took)).toISOString(),
  };
}
