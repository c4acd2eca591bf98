import { createApp } from "#shared/platform/http/app.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import type { AuthDeps } from "./deps.ts";
import { addGoogleRoutes } from "./googleRoutes.ts";
import { addSessionRoutes } from "./sessionRoutes.ts";
import { addTokenRoutes } from "./tokenRoutes.ts";

/** The routes of `auth`; `deps` is called at the first request. */
export function authApp(deps: () => AuthDeps): App {
  const app = createApp(() => deps().http);
  addSessionRoutes(app, deps);
  addGoogleRoutes(app, deps);
  addTokenRoutes(app, deps);
  return app;
}
