import { z } from "@hono/zod-openapi";
import { json, jsonBody } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import { wasCancelled } from "#shared/queue/transition.ts";
import type { EngineDeps } from "./deps.ts";
import { changeLeased, type HeldLease } from "./heldLease.ts";
import { heldFor, leaseParam, leaseSecondsSchema, textSchema } from "./leaseRoute.ts";
import { checkLeaseSeconds } from "./leaseTimes.ts";

export interface Renewal {
  readonly progress?: number | undefined;
  readonly stage?: string | null | undefined;
  readonly leaseSeconds: number;
}

/**
 * Keeps a lease for longer, up to the kind's ceiling counted from its beginning, and notes how far the work is. The timer isn't
 * touched: it looks at the document when it goes off. An engine whose job was cancelled hears it here.
 * @throws `invalid_request` for a length that isn't offered; `lease_lost`
 */
export async function renewLease(
  lease: HeldLease,
  { progress, stage, leaseSeconds }: Renewal,
  deps: EngineDeps,
): Promise<{ expiresAt: string; cancelRequested: boolean }> {
  checkLeaseSeconds(leaseSeconds, deps);
  const { hash } = lease;
  const { job } = await changeLeased(
    lease,
    { type: "renew", hash, seconds: leaseSeconds, progress, stage },
    deps,
  );
  if (wasCancelled(job, hash)) {
    return { expiresAt: (job.lastLease?.until ?? deps.clock()).toISOString(), cancelRequested: true };
  }
  return { expiresAt: (job.lease?.until ?? deps.clock()).toISOString(), cancelRequested: false };
}

export const renewLeaseRoute = route(
  {
    operationId: "renewLease",
    access: "engine",
    method: "post",
    path: "/v1/engine/leases/{leaseId}/renew",
    summary: "Keep a lease and report how far the work is",
    request: {
      params: leaseParam,
      body: jsonBody(
        z.strictObject({
          progress: z.number().min(0).max(1).optional(),
          stage: textSchema(100).nullable().optional(),
          leaseSeconds: leaseSecondsSchema,
        }),
      ),
    },
    responses: {
      200: json(
        z.object({ expiresAt: z.iso.datetime(), cancelRequested: z.boolean() }),
        "Until when it is held now, and whether to stop because a person cancelled.",
      ),
    },
    errors: ["lease_lost"],
  },
  (input: { lease: HeldLease; renewal: Renewal }, deps: EngineDeps) =>
    renewLease(input.lease, input.renewal, deps),
  async (c, perform, lease) => c.json(await perform({ lease, renewal: c.req.valid("json") }), 200),
  heldFor("renew"),
);
