import { createApp } from "#shared/platform/http/app.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import { auditRoutes } from "./auditRoutes.ts";
import { deadLetterRoutes } from "./deadLetterRoutes.ts";
import type { AdminDeps } from "./deps.ts";
import { quarantineRoutes } from "./quarantineRoutes.ts";
import { sampleRoutes } from "./sampleRoutes.ts";

/** The routes of `admin`; `deps` is called at the first request. */
export function adminApp(deps: () => AdminDeps): App {
  const app = createApp(() => deps().http);
  quarantineRoutes(app, deps);
  deadLetterRoutes(app, deps);
  sampleRoutes(app, deps);
  auditRoutes(app, deps);
  return app;
}
