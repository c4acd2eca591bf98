import { appOf } from "#shared/platform/http/app.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import type { StreamsDeps } from "./deps.ts";
import { streamJobEventsRoute } from "./streamJobEvents.ts";
import { streamSpaceEventsRoute } from "./streamSpaceEvents.ts";

/** The routes of `streams`; `deps` is called at the first request. */
export function streamsApp(deps: () => StreamsDeps): App {
  return appOf(deps, [streamJobEventsRoute, streamSpaceEventsRoute]);
}
