import { z } from "@hono/zod-openapi";
import { json } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import {
  type PausedEngine,
  type PausedEnginesDeps,
  pausedEngineSchema,
  pausedEngines,
} from "./pausedEngines.ts";

/** Engines that get no leases of a kind but a probe now and then, since they failed everything. */
export async function listPausedEngines(
  _input: unknown,
  { submit }: { readonly submit: PausedEnginesDeps },
): Promise<{ items: PausedEngine[] }> {
  return { items: await pausedEngines(submit) };
}

export const listPausedEnginesRoute = route(
  {
    operationId: "listPausedEngines",
    access: "admin",
    method: "get",
    path: "/v1/admin/paused-engines",
    summary: "Engines that are paused because they failed all of their work",
    responses: { 200: json(z.object({ items: z.array(pausedEngineSchema) }), "The longest pause first.") },
    errors: [],
  },
  listPausedEngines,
  async (c, perform) => c.json(await perform(undefined), 200),
);
