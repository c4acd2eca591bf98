import { appOf } from "#shared/platform/http/app.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import type { SweepDeps } from "./deps.ts";
import { sweepRoute } from "./sweep.ts";

/** The route of `sweep`; `deps` is called at the first request. */
export function sweepApp(deps: () => SweepDeps): App {
  return appOf(deps, [sweepRoute]);
}
