import { appOf } from "#shared/platform/http/app.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import { createUploadRoute } from "./createUpload.ts";
import type { UploadsDeps } from "./deps.ts";
import { getUploadRoute } from "./getUpload.ts";
import { renewUploadRoute } from "./renewUpload.ts";

/** The routes of `uploads`; `deps` is called at the first request. */
export function uploadsApp(deps: () => UploadsDeps): App {
  return appOf(deps, [createUploadRoute, getUploadRoute, renewUploadRoute]);
}
