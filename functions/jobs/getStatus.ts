import { z } from "@hono/zod-openapi";
import { json } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import type { QueueStatus } from "./status.ts";

const status = z.object({
  engines: z.object({ idle: z.number(), busy: z.number(), silent: z.number() }),
  kinds: z.record(
    z.string(),
    z.object({
      waiting: z.number(),
      running: z.number(),
      paused: z
        .number()
        .describe(
          "Engines, or whole accounts of engines, that failed everything and get one job now and then.",
        ),
    }),
  ),
  at: z.iso.datetime(),
});

/** Engines and lines, without names. */
export async function getStatus(
  _input: unknown,
  deps: { readonly status: () => Promise<QueueStatus> },
): Promise<QueueStatus> {
  return deps.status();
}

export const getStatusRoute = route(
  {
    operationId: "getStatus",
    access: "public",
    method: "get",
    path: "/v1/status",
    summary: "Engines and lines, for everyone",
    responses: { 200: json(status, "Some seconds old at most.") },
    errors: [],
  },
  getStatus,
  async (c, perform) => c.json(await perform(undefined), 200, { "cache-control": "public, max-age=3" }),
);
