import type { Job } from "../documents/job.ts";
import { SAMPLES_GROUP } from "../documents/result.ts";
import { type Upload, uploadSchema } from "../documents/upload.ts";
import { Conflict, TooManyRequests } from "../errors.ts";
import { type JobEffect, perform } from "./effects.ts";
import { settledInput } from "./inputs.ts";
import { prepareWrite, type QueueDeps, readJob, refusal, rulesFor, TRANSACTION_ATTEMPTS } from "./store.ts";
import { transition } from "./transition.ts";

/**
 * Starts a failed or cancelled job anew, with as many attempts as a new one has. Its uploads are read in the same transaction: what
 * arrived meanwhile counts, and what is gone can't be worked on.
 * @param mayRetry asked with the job as it is; throw from it to refuse
 * @throws NotFound; Conflict `job_not_finished`, `job_finished` (it succeeded), `upload_rejected`, `upload_unknown` or `erased`;
 *   TooManyRequests
 */
export async function retryJob(
  jobId: string,
  deps: QueueDeps & { readonly openJobsPerGroup: number },
  mayRetry: (job: Job) => void = () => {},
): Promise<Job> {
  const { job, effects } = await deps.firestore.runTransaction(
    async (transaction) => {
      const now = deps.clock();
      const document = deps.firestore.doc(`jobs/${jobId}`);
      const before = await readJob(transaction, document);
      mayRetry(before);
      const rules = rulesFor(before.kind, deps);
      const retried = transition(before, { type: "retry" }, now, rules);
      if (retried.verdict === "refused") throw refusal(retried.why);
      let after = retried.job;
      const asked = [...retried.effects];
      const tombstone = await transaction.get(deps.firestore.doc(`tombstones/${before.groupId}`));
      if (tombstone.exists) throw new Conflict("erased", "the job's group was erased");
      for (const uploadId of new Set(Object.values(before.inputs).map((input) => input.uploadId))) {
        const snapshot = await transaction.get(deps.firestore.doc(`uploads/${uploadId}`));
        const upload: Upload | undefined = snapshot.exists ? uploadSchema.parse(snapshot.data()) : undefined;
        if (!upload || upload.expiresAt <= now) {
          throw new Conflict("upload_unknown", "the job's files are gone; submit a new job with new ones");
        }
        const event = settledInput(uploadId, upload);
        const settled = event && transition(after, event, now, rules);
        if (settled?.verdict !== "changed") continue;
        after = settled.job;
        asked.push(...settled.effects);
      }
      if (after.state === "failed") throw refusal("upload_rejected");
      const write = await prepareWrite(transaction, document, before, after, deps);
      if (before.groupId !== SAMPLES_GROUP && (write.line?.open ?? 0) > deps.openJobsPerGroup) {
        throw new TooManyRequests(`a group may have ${deps.openJobsPerGroup} open jobs at a time`, {
          code: "too_many_open_jobs",
        });
      }
      write.commit();
      const effects: JobEffect[] = asked.map((effect) => ({ jobId, job: write.job, effect }));
      return { job: write.job, effects };
    },
    { maxAttempts: TRANSACTION_ATTEMPTS },
  );
  await perform(effects, deps);
  return job;
}
