import type { Firestore } from "@google-cloud/firestore";
import { z } from "zod";
import type { Kind } from "../kinds/kind.ts";
import { errors, type InputIssue } from "../platform/errors.ts";
import { readTogether } from "../platform/firestore/readTogether.ts";
import { retryConflictsInTurn } from "../platform/firestore/retryConflicts.ts";
import { titleSchema } from "../platform/http/title.ts";
import { answerIn, answerRecord, answerReference } from "../platform/idempotency/firestore.ts";
import type { KeyedRequest, StoredAnswer } from "../platform/idempotency/sql.ts";
import type { NewId } from "../platform/ids.ts";
import { requestTrace } from "../platform/trace.ts";
import { type GivenInputs, problemsOfInputs } from "../uploads/givenInput.ts";
import type { QueueDeps } from "./changeJob.ts";
import { commitJob } from "./commitJob.ts";
import { type JobEffect, perform } from "./effects.ts";
import type { Job } from "./jobDocument.ts";
import type { Submission } from "./jobEvent.ts";
import { linesOf } from "./lineDocument.ts";
import { submissionError } from "./refusal.ts";
import { findJob, jobStoreOf, storedLine } from "./store.ts";
import { type ViewDeps, viewJob } from "./view.ts";

export const submitBody = z.strictObject({
  kind: z.string().max(64),
  title: titleSchema,
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
  /** The body that the key goes with, when it isn't `body` itself. */
  readonly keyedBody?: unknown;
}

/**
 * Takes a job: once this has answered, the job is never lost. One commit depends on the space's tombstone, its uploads and its count
 * of open jobs, and writes the job, the count and the answer for the key. The bytes may come before, during or after.
 * @returns 202 with the job as `GET` shows it; for a repeated key the first answer, byte for byte
 * @throws `invalid_request`, `unknown_kind`, `upload_unknown`, `upload_rejected`, `idempotency_key_reused`, `too_many_open_jobs`;
 *   `not_found` for a space that was erased
 */
export async function submitJob(input: SubmitInput, deps: SubmitDeps): Promise<StoredAnswer> {
  const { kind, submission } = readSubmission(input, deps);
  const attempt = { jobId: deps.newId(), isFirst: true };
  const { answer, effects, made } = await retryConflictsInTurn(input.spaceId, async () => {
    const { jobId, isFirst } = attempt;
    attempt.isFirst = false;
    return submitOnce(input, kind, submission, { jobId, isFirst }, deps);
  });
  if (made !== undefined) deps.log.info("job_submitted", { jobId: made, kind: kind.name });
  await perform(effects, deps);
  return answer;
}

/**
 * One attempt: the answer that is on record, or a new job. The job's id is that of all attempts: if the one before was committed and did
 * not learn of it, because the job had changed since, the job is found by its id.
 */
async function submitOnce(
  input: SubmitInput,
  kind: Kind,
  submission: Submission,
  { jobId, isFirst }: { readonly jobId: string; readonly isFirst: boolean },
  deps: SubmitDeps,
): Promise<{ answer: StoredAnswer; effects: JobEffect[]; made?: string }> {
  const { userId: caller, route, key, keyedBody: body = input.body } = input;
  const request = { caller, route, key, body, now: deps.clock() };
  await deps.pace(kind); // kept for the view, which is made while others may want to write the space's line
  const { line, snapshot } = await readBefore(input.spaceId, request, deps.firestore);
  const known = snapshot && answerIn(snapshot, request);
  if (known) return { answer: known, effects: [] };
  const before = isFirst ? undefined : await findJob(deps.firestore, jobId);
  if (before) return { answer: await answerFor(jobId, before, deps), effects: [], made: jobId };
  const stored: { answer?: StoredAnswer } = {};
  const record = async (job: Job) => {
    if (!snapshot) return undefined;
    stored.answer = await answerFor(jobId, job, deps);
    // A record whose day is over may still be there.
    return { id: snapshot.id, version: snapshot.updateTime, content: answerRecord(request, stored.answer) };
  };
  const { openJobsPerSpace } = deps;
  const submit = { type: "submit", submission, openJobsPerSpace } as const;
  const store = jobStoreOf(deps.firestore);
  const committed = await commitJob(jobId, submit, { ...deps, store }, { record, line });
  if (committed.verdict === "refused") throw submissionError(committed);
  const { job } = committed;
  const answer = stored.answer ?? (await answerFor(jobId, job, deps));
  return { answer, effects: committed.effects.map((effect) => ({ jobId, job, effect })), made: jobId };
}

/** The space's line, and the document of the request's answer if it has a key, in one request. */
async function readBefore(spaceId: string, request: KeyedRequest, firestore: Firestore) {
  const reference = answerReference(firestore, request);
  const lines = linesOf(firestore).doc(spaceId);
  if (!reference) return { line: storedLine(await lines.get()), snapshot: undefined };
  const [line, snapshot] = await readTogether(firestore, lines, reference);
  return { line: storedLine(line), snapshot };
}

async function answerFor(jobId: string, job: Job, deps: ViewDeps): Promise<StoredAnswer> {
  return {
    status: 202,
    headers: { location: `/v1/jobs/${jobId}` },
    body: JSON.stringify(await viewJob(jobId, job, deps)),
  };
}

/**
 * Checks a submission by the rules of its kind, as far as that needs no store.
 * @param given the inputs as they came, when some are not uploads yet
 * @throws `unknown_kind`; `invalid_request` with every field that doesn't fit
 */
export function readSubmission(
  input: SubmitInput,
  deps: Pick<SubmitDeps, "kinds">,
  given: GivenInputs = {},
): { kind: Kind; submission: Submission } {
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
  issues.push(...problemsOfInputs(kind, given));
  if (issues.length > 0 || !params.success) {
    throw errors.invalidRequest(`the request does not fit the kind ${kind.name}`, { issues });
  }
  const submission = {
    kind: kind.name,
    spaceId,
    createdBy: userId,
    trace: requestTrace(),
    title: body.title,
    params: params.data,
    inputs: body.inputs,
  };
  return { kind, submission };
}
