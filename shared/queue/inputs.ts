import { hasCode } from "../platform/errors.ts";
import type { Upload } from "../uploads/uploadDocument.ts";
import { uploadSchema } from "../uploads/uploadDocument.ts";
import { changeJob, type QueueDeps } from "./store.ts";
import type { JobEvent } from "./transition.ts";

/**
 * Tells every job that waits for an upload what became of it: those that have all their inputs now enter the line, those whose input
 * was rejected fail with its reason. Repeating it changes nothing. The upload's verdict must be committed before: a job submitted at
 * the same moment then either reads it in its own transaction, or is found here.
 * @throws whatever Firestore throws; calling again completes it
 */
export async function settleUpload(uploadId: string, deps: QueueDeps): Promise<void> {
  const snapshot = await deps.firestore.doc(`uploads/${uploadId}`).get();
  if (!snapshot.exists) return;
  const event = settledInput(uploadId, uploadSchema.parse(snapshot.data()));
  if (!event) return;
  const waiting = await deps.firestore
    .collection("jobs")
    .where("waitingFor", "array-contains", uploadId)
    .select()
    .get();
  for (const { id } of waiting.docs) {
    try {
      await changeJob(id, event, deps);
    } catch (error) {
      if (!hasCode(error, "not_found")) throw error; // erased meanwhile
    }
  }
}

/** The verdict on an upload as a job hears it; undefined while it is pending. */
export function settledInput(
  uploadId: string,
  upload: Upload,
): Extract<JobEvent, { type: "input_settled" }> | undefined {
  if (upload.state === "received" && upload.received) {
    return {
      type: "input_settled",
      uploadId,
      upload: { state: "received", received: { object: upload.object, ...upload.received } },
    };
  }
  if (upload.state === "rejected") {
    const reason = upload.reason ?? { code: "upload_rejected", message: "A file was rejected." };
    return { type: "input_settled", uploadId, upload: { state: "rejected", reason } };
  }
  return undefined;
}
