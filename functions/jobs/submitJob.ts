import { errors } from "#shared/platform/errors.ts";
import { json, jsonBody } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import { sendStored } from "#shared/platform/http/storedAnswer.ts";
import { idempotencyHeader } from "#shared/platform/idempotency/header.ts";
import type { StoredAnswer } from "#shared/platform/idempotency/sql.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import {
  type SubmitWithInputsBody,
  type SubmitWithInputsDeps,
  submitWithInputs,
  submitWithInputsBody,
} from "#shared/queue/submitWithInputs.ts";
import { refuseStrangers } from "#shared/spaces/memberParams.ts";
import { spaceOfCaller } from "#shared/spaces/spaceOfCaller.ts";
import { jobSchema } from "./job.ts";

/**
 * Takes a job for the caller's space.
 * @returns 202 with the job; for a repeated key the first answer, byte for byte
 * @throws `group_required`, `member_unknown`, and what `submitWithInputs` throws
 */
export async function submitJobOfCaller(
  { userId, key, body }: { userId: string; key: string | undefined; body: SubmitWithInputsBody },
  deps: SubmitWithInputsDeps & { readonly sql: Sql },
): Promise<StoredAnswer> {
  const space = await spaceOfCaller(deps.sql, userId);
  if (!space) throw errors.groupRequired("join a care group first");
  const kind = deps.kinds.get(body.kind);
  if (kind) await refuseStrangers(deps.sql, space.spaceId, kind, body.params);
  const route = "POST /v1/jobs";
  return submitWithInputs({ userId, spaceId: space.spaceId, route, key, body }, deps);
}

export const submitJobRoute = route(
  {
    operationId: "submitJob",
    access: "account",
    method: "post",
    path: "/v1/jobs",
    summary: "Submit a job",
    request: { headers: idempotencyHeader, body: jsonBody(submitWithInputsBody) },
    responses: {
      202: json(jobSchema, "Taken, and never lost from here on; the uploads may still be on their way."),
    },
    errors: [
      "unknown_kind",
      "not_found",
      "group_required",
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
