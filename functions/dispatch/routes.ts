import { appOf } from "#shared/platform/http/app.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import type { DispatchDeps } from "./deps.ts";
import { endBackOffRoute } from "./endBackOff.ts";
import { endLeaseRoute } from "./endLease.ts";
import { ringEngineRoute } from "./ringEngine.ts";
import { sendInvitationRoute } from "./sendInvitation.ts";

/** The routes of `dispatch`; `deps` is called at the first task. */
export function dispatchApp(deps: () => DispatchDeps): App {
  return appOf(deps, [ringEngineRoute, endLeaseRoute, endBackOffRoute, sendInvitationRoute]);
}
