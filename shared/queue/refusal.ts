import { MAX_ANNOUNCED } from "../kinds/kind.ts";
import { errors, type ReverieError } from "../platform/errors.ts";
import type { Refused } from "./jobEvent.ts";

/** The error that a caller gets when a change of a job that is there was refused. */
export function refusalError({ why, message }: Pick<Refused, "why" | "message">): ReverieError {
  switch (why) {
    case "job_unknown":
      return errors.notFound();
    case "job_exists":
      return errors.internal("the job's id is in use");
    case "job_finished":
      return errors.jobFinished("the job has ended");
    case "job_cancelled":
      return errors.jobFinished("the job was cancelled");
    case "job_not_finished":
      return errors.jobNotFinished("the job has not ended");
    case "lease_lost":
      return errors.leaseLost("the lease has ended; another may have begun");
    case "not_waiting":
      return errors.leaseLost("the job is not waiting");
    case "too_many_outputs":
      return tooManyOutputs();
    case "space_erased":
      return errors.erased("the job's space was erased");
    case "upload_unknown":
      return errors.inputsGone("the job's files are gone; submit a new job with new ones");
    case "upload_rejected":
      return errors.inputsRejected("one of the job's files was rejected; submit a new job with another");
    case "too_many_open_jobs":
      return errors.tooManyOpenJobs(message ?? "the space has too many open jobs");
  }
}

function tooManyOutputs(): ReverieError {
  const message = `at most ${MAX_ANNOUNCED} names under one lease`;
  return errors.invalidRequest(`files: ${message}`, { issues: [{ path: "files", message }] });
}

/** The error that a caller gets when a new job was refused. */
export function submissionError(refused: Refused): ReverieError {
  const { why, role, message = "no such upload" } = refused;
  if (why === "space_erased") return errors.notFound();
  if (why !== "upload_unknown" && why !== "upload_rejected") return refusalError(refused);
  const path = `inputs.${role}`;
  const make = why === "upload_unknown" ? errors.uploadUnknown : errors.uploadRejected;
  return make(`${path}: ${message}`, { issues: [{ path, message }] });
}
