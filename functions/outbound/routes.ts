import { appOf } from "#shared/platform/http/app.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import type { OutboundDeps } from "./deps.ts";
import { fetchUploadRoute } from "./fetchUpload.ts";

/** The routes of `outbound`; `deps` is called at the first task. */
export function outboundApp(deps: () => OutboundDeps): App {
  return appOf(deps, [fetchUploadRoute]);
}
