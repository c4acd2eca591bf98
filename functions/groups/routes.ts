import { createApp } from "#shared/platform/http/app.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import { badgeRoutes } from "./badgeRoutes.ts";
import type { GroupsDeps } from "./deps.ts";
import { deviceRoutes } from "./deviceRoutes.ts";
import { groupRoutes } from "./groupRoutes.ts";
import { invitationRoutes } from "./invitationRoutes.ts";
import { meRoutes } from "./meRoutes.ts";

/** The routes of `groups`; `deps` is called at the first request. */
export function groupsApp(deps: () => GroupsDeps): App {
  const app = createApp(() => deps().http);
  for (const addRoutes of [meRoutes, invitationRoutes, groupRoutes, deviceRoutes, badgeRoutes]) {
    addRoutes(app, deps);
  }
  return app;
}
