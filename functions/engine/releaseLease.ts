import { z } from "@hono/zod-openapi";
import { json, jsonBody } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import type { JobState } from "#shared/queue/jobDocument.ts";
import type { EngineDeps } from "./deps.ts";
import { giveBack } from "./giveBack.ts";
import type { HeldLease } from "./heldLease.ts";
import { heldFor, leaseParam, stateSchema } from "./leaseRoute.ts";

/**
 * Gives a lease back; the job is in line again and has lost no attempt.
 * @throws `lease_lost`
 */
export function releaseLease(
  lease: HeldLease,
  deps: EngineDeps,
): Promise<{ jobId: string; state: JobState }> {
  return giveBack(lease, { type: "release" }, deps);
}

export const releaseLeaseRoute = route(
  {
    operationId: "releaseLease",
    access: "engine",
    method: "post",
    path: "/v1/engine/leases/{leaseId}/release",
    summary: "Give a lease back; costs no attempt",
    request: { params: leaseParam, body: jsonBody(z.strictObject({})) },
    responses: { 200: json(stateSchema, "Back in line.") },
    errors: ["lease_lost"],
  },
  releaseLease,
  async (c, perform, lease) => c.json(await perform(lease), 200),
  heldFor("release"),
);
