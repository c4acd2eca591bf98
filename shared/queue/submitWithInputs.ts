import { z } from "@hono/zod-openapi";
import type { Kind } from "../kinds/kind.ts";
import { ReverieError } from "../platform/errors.ts";
import { findAnswer } from "../platform/idempotency/firestore.ts";
import type { StoredAnswer } from "../platform/idempotency/sql.ts";
import { abandonUpload } from "../uploads/abandonUpload.ts";
import { type GivenInput, type GivenInputs, givenInput } from "../uploads/givenInput.ts";
import { type InlineUploadDeps, placeInline } from "../uploads/inlineUpload.ts";
import type { InputOwner } from "../uploads/storeOnce.ts";
import { type FetchTaskDeps, placeUrl, requestFetches } from "../uploads/urlUpload.ts";
import { jobsOf } from "./jobDocument.ts";
import { readSubmission, type SubmitDeps, type SubmitInput, submitBody, submitJob } from "./submit.ts";

/** A job with the content of its inputs, where they aren't uploads already. */
export const submitWithInputsBody = submitBody.extend({
  inputs: z
    .record(z.string(), givenInput)
    .describe("For each role that the kind has: the id of an upload, the content itself, or where it is."),
});
export type SubmitWithInputsBody = z.infer<typeof submitWithInputsBody>;

export interface SubmitWithInputsDeps extends SubmitDeps {
  readonly inputs: Omit<InlineUploadDeps & FetchTaskDeps, "firestore" | "clock" | "newId">;
}

/**
 * Takes a job whose inputs are uploads, or content that becomes uploads first (`shared/uploads/inlineUpload.ts` and `shared/uploads/urlUpload.ts` say why a crash
 * in between is harmless). When the job is refused after that, the uploads that were made for it are ended.
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
  const { kind } = readSubmission(
    request(Object.fromEntries(given.map(([role]) => [role, ""]))),
    deps,
    body.inputs,
  );
  const { answer: known } = await findAnswer(deps.firestore, {
    ...{ caller, route, key, body, now: deps.clock() },
  });
  if (known) return known;
  const made: Record<string, string> = {};
  try {
    // One after the other: when the budget is spent, the rest is not asked for.
    for (const [role, content] of given) made[role] = await place(content, { ...input, role }, kind, deps);
    const answer = await submitJob(request(made), deps);
    await fetchAll(
      given.flatMap(([role, content]) => (isUrl(content) ? (made[role] ?? []) : [])),
      deps,
    );
    return answer;
  } catch (error) {
    // Any other error doesn't say whether the job was written.
    if (error instanceof ReverieError && error.status < 500) await abandonAll(Object.values(made), deps);
    throw error;
  }
}

function isUrl(given: GivenInput): given is Extract<GivenInput, { url: string }> {
  return typeof given !== "string" && "url" in given;
}

/** Never throws: the job is taken, and `sweep` adds a task that is missing. */
async function fetchAll(uploadIds: readonly string[], deps: SubmitWithInputsDeps): Promise<void> {
  try {
    await requestFetches(uploadIds, { ...deps, ...deps.inputs });
  } catch (error) {
    deps.log.warn("fetch_left_to_sweep", { error });
  }
}

/** The inputs that are uploads already: their ids, by role. */
export function idsIn(inputs: GivenInputs): Record<string, string> {
  return Object.fromEntries(
    Object.entries(inputs).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

async function place(
  given: GivenInput,
  owner: InputOwner,
  kind: Kind,
  deps: SubmitWithInputsDeps,
): Promise<string> {
  if (typeof given === "string") return given;
  const { firestore, clock, newId } = deps;
  const all = { ...deps.inputs, firestore, clock, newId };
  if (!isUrl(given)) return placeInline(given, owner, all);
  const rule = kind.inputs[owner.role];
  if (!rule) throw new Error("the roles of a submission were not checked");
  return placeUrl(given.url, rule, owner, all);
}

async function abandonAll(ids: readonly string[], deps: SubmitWithInputsDeps): Promise<void> {
  for (const id of ids) {
    const naming = jobsOf(deps.firestore).where("waitingFor", "array-contains", id).select().limit(1);
    await abandonUpload(id, deps, naming);
  }
}
