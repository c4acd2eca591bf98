import type { Transaction } from "@google-cloud/firestore";
import { z } from "zod";
import type { Kind } from "../kinds/kind.ts";
import { errors, type InputIssue } from "../platform/errors.ts";
import { inTurn } from "../platform/firestore/inTurn.ts";
import { optimistically } from "../platform/firestore/retryConflicts.ts";
import { findAnswer, storeAnswer } from "../platform/idempotency/firestore.ts";
import type { StoredAnswer } from "../platform/idempotency/sql.ts";
import { ID_PATTERN, type NewId } from "../platform/ids.ts";
import type { Upload } from "../uploads/uploadDocument.ts";
import { uploadSchema } from "../uploads/uploadDocument.ts";
import { type JobEffect, perform } from "./effects.ts";
import { settledInput } from "./inputs.ts";
import { refuseTooMany } from "./openLimit.ts";
import { prepareWrite, type QueueDeps, rulesFor } from "./store.ts";
import { misfit, newJob, type Submission, transition } from "./transition.ts";
import { type ViewDeps, viewJob } from "./view.ts";

/** Text that people read: no control characters, no halves of characters, not only blanks. */
const title = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), "expected text without control characters");

export const submitBody = z.strictObject({
  kind: z.string().max(64),
  title,
  params: z.record(z.string(), z.unknown()).default({}),
  /** The id of an upload for each role the kind has; the bytes may still be on their way. */
  inputs: z.record(z.string(), z.string()),
});
export type SubmitBody = z.infer<typeof submitBody>;

export interface SubmitDeps extends QueueDeps, ViewDeps {
  readonly newId: NewId;
  /** The setting OPEN_JOBS_PER_SPACE. */
  readonly openJobsPerSpace: number;
}

export interface SubmitInput {
  /** Who asks; keys are theirs alone. */
  readonly userId: string;
  readonly spaceId: string;
  /** Method and pattern of the route, for the key. */
  readonly route: string;
  readonly key: string | undefined;
  readonly body: SubmitBody;
}

/**
 * Takes a job: once this has answered, the job is never lost. One transaction reads the space's tombstone, its uploads and its count
 * of open jobs, and writes the job, the count and the answer for the key. The bytes may come before, during or after.
 * @returns 202 with the job as `GET` shows it; for a repeated key the first answer, byte for byte
 * @throws `invalid_request`, `unknown_kind`, `upload_unknown`, `upload_rejected`, `idempotency_key_reused`, `too_many_open_jobs`;
 *   `not_found` for a space that was erased
 */
export async function submitJob(input: SubmitInput, deps: SubmitDeps): Promise<StoredAnswer> {
  const { kind, submission } = read(input, deps);
  const { answer, effects, made } = await inTurn(input.spaceId, () =>
    optimistically(() => submitOnce(input, kind, submission, deps)),
  );
  for (const jobId of made) deps.log.info("job_submitted", { jobId, kind: kind.name });
  await perform(effects, deps);
  return answer;
}

async function submitOnce(
  input: SubmitInput,
  kind: Kind,
  submission: Submission,
  deps: SubmitDeps,
): Promise<{ answer: StoredAnswer; effects: JobEffect[]; made: string[] }> {
  const { userId: caller, route, key, body } = input;
  const request = { caller, route, key, body, now: deps.clock() };
  const known = await findAnswer(deps.firestore, request);
  if (known.answer) return { answer: known.answer, effects: [], made: [] };
  const id = deps.newId();
  await deps.pace(kind); // kept for the view, which is made while others may want to write the space's line
  return deps.firestore.runTransaction(
    async (transaction) => {
      const opened = await open(id, submission, kind, transaction, deps);
      const answer: StoredAnswer = {
        status: 202,
        headers: { location: `/v1/jobs/${id}` },
        body: JSON.stringify(await viewJob(id, opened.job, deps)),
      };
      opened.write(transaction);
      if (known.snapshot) storeAnswer(transaction, known.snapshot, request, answer);
      const effects = opened.effects.map((effect) => ({ jobId: id, job: opened.job, effect }));
      return { answer, effects, made: [id] };
    },
    { maxAttempts: 1 },
  );
}

function read(input: SubmitInput, deps: SubmitDeps): { kind: Kind; submission: Submission } {
  const { body, spaceId, userId } = input;
  const kind = deps.kinds.get(body.kind);
  if (!kind) {
    const message = `expected one of ${[...deps.kinds.keys()].join(", ")}`;
    throw errors.unknownKind(`kind: ${message}`, {
      issues: [{ path: "kind", message }],
    });
  }
  const params = kind.params.safeParse(body.params);
  const issues: InputIssue[] = params.success
    ? []
    : params.error.issues.map((issue) => ({
        path: ["params", ...issue.path].map(String).join("."),
        message: issue.message,
      }));
  for (const role of Object.keys(kind.inputs)) {
    if (!Object.hasOwn(body.inputs, role)) {
      issues.push({ path: `inputs.${role}`, message: "expected the id of an upload" });
    }
  }
  for (const role of Object.keys(body.inputs)) {
    if (!Object.hasOwn(kind.inputs, role)) {
      issues.push({ path: `inputs.${role}`, message: "this kind has no such input" });
    }
  }
  if (issues.length > 0 || !params.success) {
    throw errors.invalidRequest(`the request does not fit the kind ${kind.name}`, { issues });
  }
  const submission = {
    kind: kind.name,
    spaceId,
    createdBy: userId,
    title: body.title,
    params: params.data,
    inputs: body.inputs,
  };
  return { kind, submission };
}

/** Reads what the job depends on and prepares its writes. */
async function open(
  id: string,
  submission: Submission,
  kind: Kind,
  transaction: Transaction,
  deps: SubmitDeps,
) {
  const now = deps.clock();
  const rules = rulesFor(kind.name, deps);
  const tombstone = await transaction.get(deps.firestore.doc(`tombstones/${submission.spaceId}`));
  if (tombstone.exists) throw errors.notFound();
  let job = newJob(submission, rules, now);
  const effects: JobEffect["effect"][] = [];
  const uploads = await readUploads(submission, transaction, deps);
  for (const [uploadId, upload] of uploads) {
    const event = settledInput(uploadId, upload);
    if (!event) continue;
    const outcome = transition(job, event, now, rules);
    if (outcome.verdict !== "changed") continue;
    job = outcome.job;
    effects.push(...outcome.effects);
  }
  refuseRejected(submission, uploads, kind);
  const prepared = await prepareWrite({ document: deps.firestore.doc(`jobs/${id}`) }, job, deps);
  refuseTooMany(submission, prepared.line, kind, deps.openJobsPerSpace);
  return { ...prepared, effects };
}

/** The uploads a submission names, in the transaction that uses them. Somebody else's are answered like those that aren't there. */
async function readUploads(
  submission: Submission,
  transaction: Transaction,
  deps: SubmitDeps,
): Promise<Map<string, Upload>> {
  const now = deps.clock();
  const uploads = new Map<string, Upload>();
  for (const [role, uploadId] of Object.entries(submission.inputs)) {
    if (uploads.has(uploadId)) continue;
    const snapshot = ID_PATTERN.test(uploadId)
      ? await transaction.get(deps.firestore.doc(`uploads/${uploadId}`))
      : undefined;
    const upload = snapshot?.exists ? uploadSchema.parse(snapshot.data()) : undefined;
    if (!upload || upload.spaceId !== submission.spaceId || upload.expiresAt <= now) {
      throw errors.uploadUnknown(`inputs.${role}: no such upload`, {
        issues: [{ path: `inputs.${role}`, message: "no such upload" }],
      });
    }
    uploads.set(uploadId, upload);
  }
  return uploads;
}

/** A job that could only fail isn't taken. */
function refuseRejected(submission: Submission, uploads: ReadonlyMap<string, Upload>, kind: Kind): void {
  for (const [role, uploadId] of Object.entries(submission.inputs)) {
    const upload = uploads.get(uploadId);
    const reason =
      upload?.state === "rejected" ? upload.reason : upload?.received && misfit(kind, role, upload.received);
    if (!reason) continue;
    throw errors.uploadRejected(`inputs.${role}: ${reason.message}`, {
      issues: [{ path: `inputs.${role}`, message: reason.message }],
    });
  }
}
