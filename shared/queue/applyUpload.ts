import { hasCode } from "../platform/errors.ts";
import { withTrace } from "../platform/trace.ts";
import { uploadsOf } from "../uploads/uploadDocument.ts";
import { changeJob, type QueueDeps } from "./changeJob.ts";
import { jobsOf } from "./jobDocument.ts";
import { eventOfUpload } from "./uploadState.ts";

/**
 * Applies what is known of an upload to every job that waits for it: those that have all their inputs now enter the line, those whose
 * input was rejected fail with its reason. Repeating it changes nothing. The upload's state must be committed before: a job submitted
 * at the same moment then either reads it in its own transaction, or is found here.
 * @throws what Firestore throws; calling again completes it
 */
export async function applyUpload(uploadId: string, deps: QueueDeps): Promise<void> {
  const upload = (await uploadsOf(deps.firestore).doc(uploadId).get()).data();
  const event = upload && eventOfUpload(uploadId, upload);
  if (!event) return;
  const waiting = await jobsOf(deps.firestore).where("waitingFor", "array-contains", uploadId).select().get();
  for (const { id } of waiting.docs) {
    try {
      const { verdict, job } = await changeJob(id, event, deps);
      if (verdict === "changed" && job.waiting)
        withTrace(job.trace, () => deps.log.info("inputs_ready", { jobId: id, kind: job.kind }));
    } catch (error) {
      if (!hasCode(error, "not_found")) throw error; // erased meanwhile
    }
  }
}
