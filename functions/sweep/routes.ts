import { createRoute, z } from "@hono/zod-openapi";
import { access } from "#shared/platform/http/access.ts";
import { createApp } from "#shared/platform/http/app.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import type { SweepDeps } from "./deps.ts";
import { runRepairs } from "./runRepairs.ts";

/** The function may run nine minutes; what is begun last has some left. */
const MAX_SECONDS = 300;

const report = z
  .object({
    repairs: z.array(
      z.object({
        name: z.string(),
        ok: z.boolean(),
        did: z.record(z.string(), z.number()).describe("Counts of what was done."),
        milliseconds: z.number().int(),
      }),
    ),
    failed: z.number().int().describe("Repairs that could not do all they had to; the next run goes on."),
    left: z.number().int().describe("Repairs whose turn didn't come in this run."),
  })
  .openapi("SweepReport");

const sweepRoute = createRoute({
  ...access("private"),
  method: "post",
  path: "/",
  summary: "Repair what a crash left, apply retention, compare both stores",
  responses: {
    200: { description: "What was done.", content: { "application/json": { schema: report } } },
  },
});

/** The route of `sweep`; `deps` is called at the first request. */
export function sweepApp(deps: () => SweepDeps): App {
  const app = createApp(() => deps().http);
  app.openapi(sweepRoute, async (c) =>
    c.json(await runRepairs(deps().repairs, { maxSeconds: MAX_SECONDS, log: c.var.log }), 200),
  );
  return app;
}
