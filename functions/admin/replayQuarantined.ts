import { z } from "@hono/zod-openapi";
import { json } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import { type SyncDeps, syncResult } from "#shared/results/syncResult.ts";
import { quarantined, quarantineParam } from "./quarantined.ts";

const replayed = z.object({
  id: z.string(),
  outcome: z.enum(["synced", "gone", "quarantined", "erased", "unchanged"]),
});

/**
 * Reads a result of the quarantine again, after what kept it from being read was fixed.
 * @throws `not_found`
 */
export async function replayQuarantined(
  { id }: { id: string },
  { sync }: { readonly sync: SyncDeps },
): Promise<z.infer<typeof replayed>> {
  const { jobId } = await quarantined(id, sync.firestore);
  return { id: jobId, outcome: await syncResult(jobId, sync, "replay") };
}

export const replayQuarantinedRoute = route(
  {
    operationId: "replayQuarantined",
    access: "admin",
    method: "post",
    path: "/v1/admin/quarantine/{id}/replay",
    summary: "Read a result again, after what kept it from being read was fixed",
    request: { params: quarantineParam },
    responses: { 200: json(replayed, "What became of it; `quarantined` if it still can't be read.") },
    errors: ["not_found"],
  },
  replayQuarantined,
  async (c, perform) => c.json(await perform(c.req.valid("param")), 200),
);
