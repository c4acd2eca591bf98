import type { Transaction } from "@google-cloud/firestore";
import { errors } from "../platform/errors.ts";
import { optimistically } from "../platform/firestore/retryConflicts.ts";
import { uploadSchema } from "../uploads/uploadDocument.ts";
import { perform } from "./effects.ts";
import { settledInput } from "./inputs.ts";
import type { Job } from "./jobDocument.ts";
import { refuseTooMany } from "./openLimit.ts";
import { kindOf, prepareWrite, type QueueDeps, readJob, refusal, rulesFor } from "./store.ts";
import { type Effect, transition } from "./transition.ts";

export interface RetryDeps extends QueueDeps {
  /** The setting OPEN_JOBS_PER_SPACE. */
  readonly openJobsPerSpace: number;
}

/**
 * Starts a failed or cancelled job anew, with as many attempts as a new one has. Its uploads and its space's tombstone are read in
 * the same transaction: what arrived meanwhile counts, and what is gone can't be worked on.
 * @param mayRetry looks at the job as it is; throws to refuse
 * @throws `not_found`; `job_not_finished`, `job_finished` (it succeeded), `inputs_rejected`, `inputs_gone` or `erased`;
 *   `too_many_open_jobs`
 */
export async function retryJob(
  jobId: string,
  deps: RetryDeps,
  mayRetry: (job: Job) => void = () => {},
): Promise<Job> {
  const { job, effects } = await optimistically(() =>
    deps.firestore.runTransaction((transaction) => retryOnce(jobId, transaction, deps, mayRetry), {
      maxAttempts: 1,
    }),
  );
  deps.log.info("job_retried", { jobId, kind: job.kind, attempt: job.attempt, state: job.state });
  await perform(
    effects.map((effect) => ({ jobId, job, effect })),
    deps,
  );
  return job;
}

async function retryOnce(
  jobId: string,
  transaction: Transaction,
  deps: RetryDeps,
  mayRetry: (job: Job) => void,
): Promise<{ job: Job; effects: readonly Effect[] }> {
  const { document, job: before, precondition } = await readJob(jobId, deps.firestore);
  mayRetry(before);
  const now = deps.clock();
  const rules = rulesFor(before.kind, deps);
  const retried = transition(before, { type: "retry" }, now, rules);
  if (retried.verdict === "refused") throw refusal(retried.why);
  const tombstone = await transaction.get(deps.firestore.doc(`tombstones/${before.spaceId}`));
  if (tombstone.exists) throw errors.erased("the job's space was erased");
  let after = retried.job;
  const effects: Effect[] = [...retried.effects];
  for (const event of await uploadsOf(before, transaction, deps)) {
    const settled = transition(after, event, now, rules);
    if (settled.verdict !== "changed") continue;
    after = settled.job;
    effects.push(...settled.effects);
  }
  if (after.state === "failed") throw refusal("upload_rejected");
  const { job, line, write } = await prepareWrite({ document, before, precondition }, after, deps);
  refuseTooMany(before, line, kindOf(before.kind, deps), deps.openJobsPerSpace);
  write(transaction);
  return { job, effects };
}

/** What is known of a job's uploads now; all of them must still be there. */
async function uploadsOf(job: Job, transaction: Transaction, deps: RetryDeps) {
  const ids = [...new Set(Object.values(job.inputs).map((input) => input.uploadId))];
  const snapshots = await Promise.all(ids.map((id) => transaction.get(deps.firestore.doc(`uploads/${id}`))));
  return snapshots.flatMap((snapshot) => {
    const upload = snapshot.exists ? uploadSchema.parse(snapshot.data()) : undefined;
    if (!upload || upload.expiresAt <= deps.clock()) {
      throw errors.inputsGone("the job's files are gone; submit a new job with new ones");
    }
    return settledInput(snapshot.id, upload) ?? [];
  });
}
