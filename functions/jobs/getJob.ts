import { json } from "#shared/platform/http/content.ts";
import { idParam } from "#shared/platform/http/idParam.ts";
import { languageHeader, languageOf } from "#shared/platform/http/language.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Language } from "#shared/platform/language.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { type OwnJobInput, ownJob } from "#shared/queue/ownJob.ts";
import { type JobView, type ViewDeps, viewJob } from "#shared/queue/view.ts";
import { jobSchema } from "./job.ts";

/**
 * One job of a space of the caller's.
 * @throws `not_found`
 */
export async function getJob(
  input: OwnJobInput & { readonly language: Language },
  deps: ViewDeps & { readonly sql: Sql },
): Promise<JobView> {
  return viewJob(input.id, await ownJob(input, deps), deps, input.language);
}

export const getJobRoute = route(
  {
    operationId: "getJob",
    access: "account",
    method: "get",
    path: "/v1/jobs/{id}",
    summary: "One job",
    request: { params: idParam, headers: languageHeader },
    responses: { 200: json(jobSchema, "The job.") },
    errors: ["not_found"],
  },
  getJob,
  async (c, perform) =>
    c.json(
      await perform({ userId: c.var.account.userId, language: languageOf(c), ...c.req.valid("param") }),
      200,
    ),
);
