import { z } from "@hono/zod-openapi";
import { ReverieError } from "../platform/errors.ts";
import { findAnswer } from "../platform/idempotency/firestore.ts";
import type { StoredAnswer } from "../platform/idempotency/sql.ts";
import { abandonUpload } from "../uploads/abandonUpload.ts";
import { type GivenInput, type GivenInputs, givenInput } from "../uploads/givenInput.ts";
import { type GivenUploadDeps, type InputOwner, placeInline } from "../uploads/inlineUpload.ts";
import { jobsOf } from "./jobDocument.ts";
import { readSubmission, type SubmitDeps, type SubmitInput, submitBody, submitJob } from "./submit.ts";

/** A job with the content of its inputs, where they aren't uploads already. */
export const submitWithInputsBody = submitBody.extend({
  inputs: z
    .record(z.string(), givenInput)
    .describe("For each role that the kind has: the id of an upload, or the content itself."),
});
export type SubmitWithInputsBody = z.infer<typeof submitWithInputsBody>;

export interface SubmitWithInputsDeps extends SubmitDeps {
  readonly inputs: Omit<GivenUploadDeps, "firestore" | "clock" | "newId">;
}

/**
 * Takes a job whose inputs are uploads, or content that becomes uploads first (`shared/uploads/inlineUpload.ts` says why a crash in between is
 * harmless). When the job is refused after that, the uploads that were made for it are ended.
 * @throws what `submitJob` throws; `upload_budget_spent`
 */
export async function submitWithInputs(
  input: Omit<SubmitInput, "body" | "keyedBody"> & { readonly body: SubmitWithInputsBody },
  deps: SubmitWithInputsDeps,
): Promise<StoredAnswer> {
  const { body, userId: caller, route, key } = input;
  const uploads = idsIn(body.inputs);
  const given = Object.entries(body.inputs).filter(([role]) => !Object.hasOwn(uploads, role));
  const request = (inputs: Readonly<Record<string, string>>): SubmitInput => ({
    ...input,
    body: { ...body, inputs: { ...uploads, ...inputs } },
    keyedBody: body,
  });
  if (given.length === 0) return submitJob(request({}), deps);
  // All that can be refused without writing anything comes first.
  readSubmission(request(Object.fromEntries(given.map(([role]) => [role, ""]))), deps, body.inputs);
  const { answer } = await findAnswer(deps.firestore, { caller, route, key, body, now: deps.clock() });
  if (answer) return answer;
  const made: Record<string, string> = {};
  try {
    // One after the other: when the budget is spent, the rest is not asked for.
    for (const [role, content] of given) made[role] = await place(content, { ...input, role }, deps);
    return await submitJob(request(made), deps);
  } catch (error) {
    // Any other error doesn't say whether the job was written.
    if (error instanceof ReverieError && error.status < 500) await abandonAll(Object.values(made), deps);
    throw error;
  }
}

/** The inputs that are uploads already: their ids, by role. */
export function idsIn(inputs: GivenInputs): Record<string, string> {
  return Object.fromEntries(
    Object.entries(inputs).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

async function place(given: GivenInput, owner: InputOwner, deps: SubmitWithInputsDeps): Promise<string> {
  if (typeof given === "string") return given;
  const { firestore, clock, newId } = deps;
  return placeInline(given, owner, { ...deps.inputs, firestore, clock, newId });
}

async function abandonAll(ids: readonly string[], deps: SubmitWithInputsDeps): Promise<void> {
  for (const id of ids) {
    const naming = jobsOf(deps.firestore).where("waitingFor", "array-contains", id).select().limit(1);
    await abandonUpload(id, deps, naming);
  }
}
