import { appOf } from "#shared/platform/http/app.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import { beginGoogleSignInRoute } from "./beginGoogleSignIn.ts";
import { createListenerTokenRoute } from "./createListenerToken.ts";
import { createSessionRoute } from "./createSession.ts";
import type { AuthDeps } from "./deps.ts";
import { finishGoogleSignInRoute } from "./finishGoogleSignIn.ts";
import { listPublicKeysRoute } from "./listPublicKeys.ts";
import { listSessionsRoute } from "./listSessions.ts";
import { refreshTokensRoute } from "./refreshTokens.ts";
import { signOutRoute } from "./signOut.ts";
import { signOutEverywhereRoute } from "./signOutEverywhere.ts";
import { verifyAccessTokenRoute } from "./verifyAccessToken.ts";

/** The routes of `auth`; `deps` is called at the first request. */
export function authApp(deps: () => AuthDeps): App {
  return appOf(deps, [
    createSessionRoute,
    refreshTokensRoute,
    listSessionsRoute,
    signOutRoute,
    signOutEverywhereRoute,
    beginGoogleSignInRoute,
    finishGoogleSignInRoute,
    listPublicKeysRoute,
    verifyAccessTokenRoute,
    createListenerTokenRoute,
  ]);
}
