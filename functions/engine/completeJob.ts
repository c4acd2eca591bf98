import { z } from "@hono/zod-openapi";
import {
  FILE_ROLES,
  type FileRole,
  type Kind,
  MAX_FILES,
  MAX_RESULT_DATA_BYTES,
} from "#shared/kinds/kind.ts";
import { issuesOf, problemsOfData } from "#shared/kinds/resultRules.ts";
import { errors, type InputIssue } from "#shared/platform/errors.ts";
import { json, jsonBody } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import { noteLeaseEnd } from "#shared/queue/engineRecords.ts";
import type { Job } from "#shared/queue/jobDocument.ts";
import { holds } from "#shared/queue/transition.ts";
import { resourceIdOf } from "#shared/results/resultDocument.ts";
import { resultObject } from "#shared/results/resultObject.ts";
import { storedFiles } from "#shared/results/storedFiles.ts";
import type { EngineDeps } from "./deps.ts";
import { changeLeased, type HeldLease } from "./heldLease.ts";
import { fileNameSchema, heldFor, leaseParam } from "./leaseRoute.ts";

export interface Completion {
  readonly files: readonly {
    readonly name: string;
    readonly crc32c: string;
    /** May be left out where only one is possible. */
    readonly role?: FileRole | undefined;
  }[];
  readonly data?: Readonly<Record<string, unknown>> | undefined;
}

export interface Completed {
  readonly jobId: string;
  readonly state: "succeeded";
  readonly resourceId: string;
}

/**
 * Ends a job with its result. The files must be there as announced, with the checksums the engine gives, and begin as their formats do;
 * what else is in them is not looked at. Job and result are written in one commit that depends on the space's tombstone. The same
 * lease completing again is answered the same and changes nothing.
 * @throws `lease_lost` or `erased`; `invalid_request` for data the kind doesn't have; `output_missing`, `outputs_rejected`
 */
export async function completeJob(
  lease: HeldLease,
  completion: Completion,
  deps: EngineDeps,
): Promise<Completed> {
  const { jobId, hash, job } = lease;
  const answer: Completed = { jobId, state: "succeeded", resourceId: resourceIdOf(jobId) };
  if (!holds(job, hash)) {
    // Judged already: it completed this job itself. The first call may have stopped before it noted that.
    await noteLeaseEnd(jobId, job, "succeeded", deps);
    return answer;
  }
  const kind = kindOf(job, deps);
  refuse(issuesOf(problemsOfData(kind, completion.data ?? null)));
  const outputs = new Map(Object.entries(job.lease?.outputs ?? {}));
  const delivered = completion.files.map((file) => ({
    ...file,
    object: resultObject({ ...job, jobId }, file.name),
    announced: outputs.get(file.name),
  }));
  const files = await storedFiles(kind, delivered, deps.resources);
  const data = completion.data ? { ...completion.data } : null;
  const { verdict, job: completed } = await changeLeased(
    lease,
    { type: "complete", hash, files, data },
    deps,
  );
  const { leaseNumber } = job;
  if (verdict === "changed") deps.log.info("job_succeeded", { jobId, kind: job.kind, leaseNumber });
  await noteLeaseEnd(jobId, completed, "succeeded", deps);
  return answer;
}

export const completeJobRoute = route(
  {
    operationId: "completeJob",
    access: "engine",
    method: "post",
    path: "/v1/engine/leases/{leaseId}/complete",
    summary: "End the job with its result",
    request: {
      params: leaseParam,
      body: jsonBody(
        z.strictObject({
          files: z
            .array(
              z.strictObject({
                name: fileNameSchema,
                crc32c: z.string().max(20).describe("Base64, big-endian."),
                role: z.enum(FILE_ROLES).optional().describe("May be left out where only one is possible."),
              }),
            )
            .max(MAX_FILES)
            .describe("The set of files that is the result."),
          data: z
            .record(z.string(), z.unknown())
            .optional()
            .describe(`At most ${MAX_RESULT_DATA_BYTES} bytes as JSON.`),
        }),
      ),
    },
    responses: {
      200: json(
        z.object({ jobId: z.string(), state: z.literal("succeeded"), resourceId: z.string() }),
        "It has succeeded; completing again with the same lease answers the same.",
      ),
    },
    errors: ["lease_lost", "erased", "output_missing", "outputs_rejected"],
  },
  (input: { lease: HeldLease; completion: Completion }, deps: EngineDeps) =>
    completeJob(input.lease, input.completion, deps),
  async (c, perform, lease) => c.json(await perform({ lease, completion: c.req.valid("json") }), 200),
  heldFor("complete"),
);

/** @throws Error for a kind that was taken out of the deployment while it had jobs */
function kindOf({ kind: name }: Pick<Job, "kind">, deps: Pick<EngineDeps, "kinds">): Kind {
  const kind = deps.kinds.get(name);
  if (!kind) throw new Error(`a job is of the kind ${name}, which this deployment doesn't know`);
  return kind;
}

function refuse(issues: readonly InputIssue[]): void {
  if (issues.length === 0) return;
  throw errors.invalidRequest("data: does not fit the kind's result", { issues });
}
