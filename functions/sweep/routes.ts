import { appOf } from "#shared/platform/http/app.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import type { SweepDeps } from "./deps.ts";
import { sweepSlowRoute } from "./sweepSlow.ts";
import { sweepUrgentRoute } from "./sweepUrgent.ts";

/** The routes of `sweep`; `deps` is called at the first request. */
export function sweepApp(deps: () => SweepDeps): App {
  return appOf(deps, [sweepUrgentRoute, sweepSlowRoute]);
}
