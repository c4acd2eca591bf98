import { issuesOf, problemsOfFiles } from "#shared/kinds/resultRules.ts";
import { plusSeconds } from "#shared/platform/clock.ts";
import { errors } from "#shared/platform/errors.ts";
import type { SignedRequest } from "#shared/platform/storage/urlSigner.ts";
import type { EngineDeps } from "./deps.ts";
import { changeLeased, type HeldLease } from "./heldLease.ts";
import { URL_SECONDS } from "./leaseTimes.ts";
import { resultObject } from "./resultObject.ts";

export interface AnnouncedFile {
  readonly name: string;
  readonly contentType: string;
  readonly size: number;
}

/**
 * Signs the upload of result files: each of this name, type and size, once, for an hour. What was announced is kept with the lease,
 * because `complete` is measured by it. Announcing again signs again; a file that is there already can't be replaced.
 * @throws `invalid_request` for files the kind doesn't have; `lease_lost`
 */
export async function announceOutputs(
  lease: HeldLease,
  files: readonly AnnouncedFile[],
  deps: EngineDeps,
): Promise<(SignedRequest & { name: string })[]> {
  const kind = deps.kinds.get(lease.job.kind);
  const issues = kind ? issuesOf(problemsOfFiles(kind, files)) : [];
  if (issues.length > 0)
    throw errors.invalidRequest("these files can't be a result of this kind", { issues });
  const announced = Object.fromEntries(
    files.map(({ name, contentType, size }) => [name, { contentType, size }]),
  );
  const { job } = await changeLeased(
    lease.jobId,
    { type: "announce", hash: lease.hash, files: announced },
    deps,
  );
  const expiresAt = plusSeconds(deps.clock(), URL_SECONDS);
  return Promise.all(
    files.map(async ({ name, contentType, size }) => {
      const object = resultObject(job, lease.jobId, name);
      return { name, ...(await deps.resources.signCreate(object, { contentType, size }, expiresAt)) };
    }),
  );
}
