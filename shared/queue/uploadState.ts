import { reasonOf } from "../kinds/failures.ts";
import type { Upload } from "../uploads/uploadDocument.ts";
import type { EventOf, UploadState } from "./jobEvent.ts";

/** An upload as the jobs that name it see it. */
export function stateOfUpload(upload: Upload): UploadState {
  const { state, object, received, reason } = upload;
  if (state === "received" && received) return { state, received: { object, ...received } };
  if (state !== "rejected") return { state: "pending" };
  return { state, reason: reason ?? reasonOf("upload_rejected") };
}

/** The event by which a waiting job hears of an upload; undefined while it is pending. */
export function eventOfUpload(
  uploadId: string,
  upload: Upload,
): EventOf<"input_received"> | EventOf<"input_rejected"> | undefined {
  const known = stateOfUpload(upload);
  switch (known.state) {
    case "pending":
      return undefined;
    case "received":
      return { type: "input_received", uploadId, received: known.received };
    case "rejected":
      return { type: "input_rejected", uploadId, reason: known.reason };
  }
}
