import { z } from "@hono/zod-openapi";
import { type Kind, MAX_RESULT_DATA_BYTES } from "#shared/kinds/kind.ts";
import {
  issuesOf,
  problemsOfData,
  problemsOfFiles,
  problemsOfMissingFiles,
} from "#shared/kinds/resultRules.ts";
import { errors, type InputIssue } from "#shared/platform/errors.ts";
import { json, jsonBody } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Job } from "#shared/queue/jobDocument.ts";
import { holds } from "#shared/queue/transition.ts";
import { type Result, resourceIdOf } from "#shared/results/resultDocument.ts";
import type { EngineDeps } from "./deps.ts";
import { changeLeased, type HeldLease } from "./heldLease.ts";
import { fileNameSchema, heldFor, leaseParam } from "./leaseRoute.ts";
import { resultObject } from "./resultObject.ts";

export interface Completion {
  readonly files: readonly { readonly name: string; readonly crc32c: string }[];
  readonly data?: Readonly<Record<string, unknown>> | undefined;
}

export interface Completed {
  readonly jobId: string;
  readonly state: "succeeded";
  readonly resourceId: string;
}

/**
 * Ends a job with its result. The files must be there as announced and with the checksums the engine gives; what is in them is not
 * looked at. Job and result are written in one commit that depends on the space's tombstone. The same lease completing again is
 * answered the same and changes nothing.
 * @throws `lease_lost` or `erased`; `invalid_request` for data the kind doesn't have; `output_missing`
 */
export async function completeJob(
  lease: HeldLease,
  completion: Completion,
  deps: EngineDeps,
): Promise<Completed> {
  const { jobId, hash, job } = lease;
  const answer: Completed = { jobId, state: "succeeded", resourceId: resourceIdOf(jobId) };
  if (!holds(job, hash)) return answer; // judged already: it completed this job itself
  const kind = kindOf(job, deps);
  refuse(issuesOf(problemsOfData(kind, completion.data ?? null)));
  const files = await filesOf(lease, completion, kind, deps);
  const data = completion.data ? { ...completion.data } : null;
  const { verdict } = await changeLeased(jobId, { type: "complete", hash, files, data }, deps);
  const { leaseNumber } = job;
  if (verdict === "changed") deps.log.info("job_succeeded", { jobId, kind: job.kind, leaseNumber });
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
            .array(z.strictObject({ name: fileNameSchema, crc32c: z.string().max(20) }))
            .max(50)
            .describe("What was uploaded, with base64 of the big-endian CRC32C."),
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
    errors: ["lease_lost", "erased", "output_missing"],
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

/** The result's files as they lie in the bucket. */
async function filesOf(
  { jobId, job }: HeldLease,
  { files }: Completion,
  kind: Kind,
  deps: EngineDeps,
): Promise<Result["files"]> {
  const names = files.map((file) => file.name);
  const issues = issuesOf(problemsOfMissingFiles(kind, names));
  const found: Result["files"] = [];
  for (const [index, file] of files.entries()) {
    const repeated = files.findIndex((other) => other.name === file.name) !== index;
    const looked = repeated ? "is named twice" : await lookAt(file, { jobId, job }, deps);
    if (typeof looked === "string")
      issues.push({ path: `files.${index}`, message: `${file.name} ${looked}` });
    else found.push(looked);
  }
  // They were judged when they were announced; the deployment's rules may have changed since.
  if (issues.length === 0) issues.push(...issuesOf(problemsOfFiles(kind, found)));
  if (issues.length > 0) {
    throw errors.outputMissing(issues[0]?.message ?? "a file is missing", { issues });
  }
  return found;
}

/** A file as it lies in the bucket, or what is wrong with it. */
async function lookAt(
  { name, crc32c }: Completion["files"][number],
  { jobId, job }: Pick<HeldLease, "jobId" | "job">,
  deps: EngineDeps,
): Promise<Result["files"][number] | string> {
  const outputs = job.lease?.outputs ?? {};
  const announced = Object.hasOwn(outputs, name) ? outputs[name] : undefined;
  if (!announced) return "was not announced under this lease";
  const object = resultObject(job, jobId, name);
  const there = await deps.resources.look(object);
  if (!there) return "is not there";
  if (there.size !== announced.size) return `has ${there.size} bytes instead of ${announced.size}`;
  if (there.crc32c !== crc32c) return "has another checksum";
  const { contentType } = announced;
  return { name, object, contentType, size: there.size, crc32c, generation: there.generation };
}

function refuse(issues: readonly InputIssue[]): void {
  if (issues.length === 0) return;
  throw errors.invalidRequest("data: does not fit the kind's result", { issues });
}
