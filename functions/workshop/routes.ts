import { appOf } from "#shared/platform/http/app.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import type { WorkshopDeps } from "./deps.ts";
import { wakeWorkshopRoute } from "./wakeWorkshop.ts";
import { workInTaskRoute } from "./workInTask.ts";

/** The routes of `workshop`; `deps` is called at the first request. */
export function workshopApp(deps: () => WorkshopDeps): App {
  return appOf(deps, [wakeWorkshopRoute, workInTaskRoute]);
}
