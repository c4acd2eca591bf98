import type { Firestore } from "@google-cloud/firestore";
import { z } from "@hono/zod-openapi";
import { json, jsonBody } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import { sendStored } from "#shared/platform/http/storedAnswer.ts";
import { idempotencyHeader } from "#shared/platform/idempotency/header.ts";
import type { StoredAnswer } from "#shared/platform/idempotency/sql.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import {
  idsIn,
  type SubmitWithInputsDeps,
  submitWithInputs,
  submitWithInputsBody,
} from "#shared/queue/submitWithInputs.ts";
import { refuseStrangers } from "#shared/spaces/memberParams.ts";
import { type Membership, requireMember, requireSpace } from "#shared/spaces/membership.ts";
import { spaceField } from "#shared/spaces/spaceParameter.ts";
import { jobSchema } from "./job.ts";
import { spaceOfUploads } from "./spaceOfUploads.ts";

const submitJobBody = submitWithInputsBody.extend({
  spaceId: spaceField.spaceId.describe(
    "Left out: the space of the uploads; without one the care group, or else the personal space.",
  ),
});
type SubmitJobBody = z.infer<typeof submitJobBody>;

/**
 * Takes a job for the space that is named, or that its uploads are in.
 * @returns 202 with the job; for a repeated key the first answer, byte for byte
 * @throws `not_found` for a space that the caller isn't in; `forbidden`, `member_unknown`, and what `submitWithInputs` throws
 */
export async function submitJobOfCaller(
  { userId, key, body }: { userId: string; key: string | undefined; body: SubmitJobBody },
  deps: SubmitWithInputsDeps & { readonly sql: Sql },
): Promise<StoredAnswer> {
  const { spaceId } = await submissionSpace(userId, body, deps);
  const kind = deps.kinds.get(body.kind);
  if (kind) await refuseStrangers(deps.sql, spaceId, kind, body.params);
  const answer = await submitWithInputs({ userId, spaceId, route: "POST /v1/jobs", key, body }, deps);
  const answered = answerSchema.parse(JSON.parse(answer.body));
  // The first answer for a key may be of a space that was meant then, and that the caller has left since.
  if (answered.spaceId !== spaceId) await requireMember(deps.sql, { userId, spaceId: answered.spaceId });
  return answer;
}

const answerSchema = z.object({ spaceId: z.string() });

/** The space that a job is submitted to, in which the caller may do so. */
async function submissionSpace(
  userId: string,
  { spaceId, inputs }: SubmitJobBody,
  deps: { readonly sql: Sql; readonly firestore: Firestore },
): Promise<Membership> {
  if (spaceId !== undefined) return requireSpace(deps.sql, { userId, spaceId }, "submit");
  return spaceOfUploads({ userId, uploads: idsIn(inputs) }, deps);
}

export const submitJobRoute = route(
  {
    operationId: "submitJob",
    access: "account",
    method: "post",
    path: "/v1/jobs",
    summary: "Submit a job",
    request: { headers: idempotencyHeader, body: jsonBody(submitJobBody) },
    responses: {
      202: json(jobSchema, "Taken, and never lost from here on; the uploads may still be on their way."),
    },
    errors: [
      "unknown_kind",
      "not_found",
      "forbidden",
      "idempotency_key_reused",
      "member_unknown",
      "upload_unknown",
      "upload_rejected",
      "too_many_open_jobs",
      "upload_budget_spent",
    ],
  },
  submitJobOfCaller,
  async (c, perform) => {
    const key = c.req.valid("header")["idempotency-key"];
    return sendStored(c, await perform({ userId: c.var.account.userId, key, body: c.req.valid("json") }));
  },
);
