import type { Reason } from "../kinds/failures.ts";
import { problemOfInput } from "../kinds/inputRules.ts";
import type { Job } from "./jobDocument.ts";
import type { Refused, Rules, UploadState } from "./jobEvent.ts";

interface Filled extends Pick<Job, "inputs" | "waitingFor"> {
  /** The first input that can't be used. */
  readonly problem: { readonly role: string; readonly reason: Reason } | undefined;
}

/** Fills the inputs that still wait with what is known of their uploads. Pure. */
export function fillInputs(
  before: Job["inputs"],
  uploads: ReadonlyMap<string, UploadState>,
  rules: Pick<Rules, "inputs">,
): Filled {
  let problem: Filled["problem"];
  const inputs = Object.entries(before).map(([role, input]): [string, Job["inputs"][string]] => {
    const { uploadId } = input;
    const upload = uploads.get(uploadId);
    if (input.state !== "waiting" || !upload || upload.state === "pending") return [role, input];
    const reason = upload.state === "rejected" ? upload.reason : problemOfInput(rules, role, upload.received);
    if (reason) problem ??= { role, reason };
    return upload.state === "received" && !reason
      ? [role, { uploadId, state: "received", received: upload.received }]
      : [role, { uploadId, state: "rejected", received: null }];
  });
  const waiting = inputs.filter(([, input]) => input.state === "waiting");
  return {
    inputs: Object.fromEntries(inputs),
    waitingFor: [...new Set(waiting.map(([, input]) => input.uploadId))],
    problem,
  };
}

/** The inputs of a job that is to begin. Refused when an upload isn't there or can't be used: such a job could only fail. Pure. */
export function fillAll(
  before: Job["inputs"],
  uploads: ReadonlyMap<string, UploadState>,
  rules: Pick<Rules, "inputs">,
): Pick<Filled, "inputs" | "waitingFor"> | Refused {
  const roles = Object.entries(before);
  const rejected = roles.find(([, input]) => input.state === "rejected");
  if (rejected) return { verdict: "refused", why: "upload_rejected", role: rejected[0] };
  const unknown = roles.find(([, { uploadId }]) => !uploads.has(uploadId));
  if (unknown) return { verdict: "refused", why: "upload_unknown", role: unknown[0] };
  const { inputs, waitingFor, problem } = fillInputs(before, uploads, rules);
  if (!problem) return { inputs, waitingFor };
  const { role, reason } = problem;
  return { verdict: "refused", why: "upload_rejected", role, message: reason.message };
}
