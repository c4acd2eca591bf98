import { z } from "@hono/zod-openapi";
import { json, jsonBody } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import type { JobState } from "#shared/queue/jobDocument.ts";
import type { EngineDeps } from "./deps.ts";
import { type GivingBack, giveBack } from "./giveBack.ts";
import type { HeldLease } from "./heldLease.ts";
import { heldFor, leaseParam, stateSchema, textSchema } from "./leaseRoute.ts";

/**
 * Ends an attempt without a result.
 * @returns where the job is then: back in line after its kind's pause, or failed
 * @throws `lease_lost`
 */
export function failJob(
  input: { lease: HeldLease; failure: Omit<Extract<GivingBack, { type: "fail" }>, "type"> },
  deps: EngineDeps,
): Promise<{ jobId: string; state: JobState }> {
  return giveBack(input.lease, { type: "fail", ...input.failure }, deps);
}

export const failJobRoute = route(
  {
    operationId: "failJob",
    access: "engine",
    method: "post",
    path: "/v1/engine/leases/{leaseId}/fail",
    summary: "Give up an attempt",
    request: {
      params: leaseParam,
      body: jsonBody(
        z.strictObject({
          code: z
            .string()
            .regex(/^[a-z][a-z0-9_]{0,63}$/)
            .describe("In snake_case, for programs."),
          message: textSchema(500).min(1).describe("A sentence the family can understand."),
          retryable: z.boolean().describe("Whether another attempt may succeed."),
        }),
      ),
    },
    responses: { 200: json(stateSchema, "Back in line after a pause, or failed.") },
    errors: ["lease_lost"],
  },
  failJob,
  async (c, perform, lease) => c.json(await perform({ lease, failure: c.req.valid("json") }), 200),
  heldFor("fail"),
);
