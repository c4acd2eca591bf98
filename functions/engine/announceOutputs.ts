import { z } from "@hono/zod-openapi";
import { MAX_FILES } from "#shared/kinds/kind.ts";
import { issuesOf, problemsOfFiles } from "#shared/kinds/resultRules.ts";
import { plusSeconds } from "#shared/platform/clock.ts";
import { errors, type InputIssue } from "#shared/platform/errors.ts";
import { json, jsonBody } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import { contentTypeSchema } from "#shared/platform/media/contentType.ts";
import type { SignedRequest } from "#shared/platform/storage/urlSigner.ts";
import { resultObject } from "#shared/results/resultObject.ts";
import type { EngineDeps } from "./deps.ts";
import { changeLeased, type HeldLease } from "./heldLease.ts";
import { fileNameSchema, heldFor, leaseParam } from "./leaseRoute.ts";
import { URL_SECONDS } from "./leaseTimes.ts";

export interface AnnouncedFile {
  readonly name: string;
  readonly contentType: string;
  readonly size: number;
}

/**
 * Signs the upload of result files: each of this name, type and size, once, for an hour. What was announced is kept with the lease,
 * because `complete` is measured by it. Announcing again signs again; a file that is there already can't be replaced.
 * @throws `invalid_request` for files the kind doesn't have, and more names than one lease may announce; `lease_lost`
 */
export async function announceOutputs(
  lease: HeldLease,
  files: readonly AnnouncedFile[],
  deps: EngineDeps,
): Promise<(SignedRequest & { name: string })[]> {
  const kind = deps.kinds.get(lease.job.kind);
  refuse(kind ? issuesOf(problemsOfFiles(kind, files)) : []);
  const announced = Object.fromEntries(
    files.map(({ name, contentType, size }) => [name, { contentType, size }]),
  );
  const { job } = await changeLeased(lease, { type: "announce", hash: lease.hash, files: announced }, deps);
  const expiresAt = plusSeconds(deps.clock(), URL_SECONDS);
  return Promise.all(
    files.map(async ({ name, contentType, size }) => {
      const object = resultObject({ ...job, jobId: lease.jobId }, name);
      return { name, ...(await deps.resources.signCreate(object, { contentType, size }, expiresAt)) };
    }),
  );
}

function refuse(issues: readonly InputIssue[]): void {
  if (issues.length === 0) return;
  throw errors.invalidRequest(issues[0]?.message ?? "these files can't be a result of this kind", { issues });
}

export const announceOutputsRoute = route(
  {
    operationId: "announceOutputs",
    access: "engine",
    method: "post",
    path: "/v1/engine/leases/{leaseId}/outputs",
    summary: "Announce result files and get URLs to upload them",
    request: {
      params: leaseParam,
      body: jsonBody(
        z.strictObject({
          files: z
            .array(
              z.strictObject({
                name: fileNameSchema,
                contentType: contentTypeSchema,
                size: z.number().int().min(1).describe("Bytes."),
              }),
            )
            .min(1)
            .max(MAX_FILES),
        }),
      ),
    },
    responses: {
      200: json(
        z.object({
          files: z.array(
            z.object({
              name: z.string(),
              method: z.string(),
              url: z.url(),
              headers: z.record(z.string(), z.string()),
            }),
          ),
        }),
        "A signed request for each file, good for an hour; send exactly these headers.",
      ),
    },
    errors: ["lease_lost"],
  },
  (input: { lease: HeldLease; files: readonly AnnouncedFile[] }, deps: EngineDeps) =>
    announceOutputs(input.lease, input.files, deps),
  async (c, perform, lease) => c.json({ files: await perform({ lease, ...c.req.valid("json") }) }, 200),
  heldFor("outputs"),
);
