import type { Clock } from "#shared/platform/clock.ts";
import type { Settings } from "#shared/platform/config/settings.ts";
import type { FirebaseAccounts } from "#shared/platform/google/firebaseAccounts.ts";
import type { Gate } from "#shared/platform/http/app.ts";
import type { NewId, RandomBytes } from "#shared/platform/ids.ts";
import type { Database } from "#shared/platform/sql/pool.ts";
import { accessTokenIssuer, type IssueAccessToken, type PublicKey, publicKeys } from "./accessTokenIssuer.ts";
import type { BrowserFlowDeps } from "./browserFlow.ts";
import { flowSealer } from "./flowCookie.ts";
import { googleOAuth } from "./googleOAuth.ts";
import { googleIdentityVerifier } from "./identity.ts";
import { listenerEnder } from "./listeners.ts";
import type { RefreshDeps } from "./refresh.ts";
import type { SignInDeps } from "./signIn.ts";

/** What the world outside gives: the rest follows from the settings. */
export interface Surroundings {
  readonly gate: Gate;
  readonly db: Database;
  readonly firebase: FirebaseAccounts;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly randomBytes: RandomBytes;
}

/** All that the routes use. */
export interface AuthDeps extends Surroundings, SignInDeps, RefreshDeps, BrowserFlowDeps {
  readonly db: Database;
  readonly issueAccessToken: IssueAccessToken;
  readonly publicKeys: readonly PublicKey[];
  /** Whether the origin is https, as it is everywhere but on a developer's machine. */
  readonly secureCookies: boolean;
}

/** @throws Error when the settings contradict each other */
export function authDeps(settings: Settings<"auth">, surroundings: Surroundings): AuthDeps {
  const { clock, newId, firebase, gate } = surroundings;
  return {
    ...surroundings,
    verifyGoogle: googleIdentityVerifier(settings, settings.GOOGLE_CLIENT_IDS, clock),
    verifyWebGoogle: googleIdentityVerifier(settings, [settings.GOOGLE_OAUTH_CLIENT_ID], clock),
    google: googleOAuth(settings),
    googleIssuer: settings.GOOGLE_ISSUER,
    flows: flowSealer(settings.REFRESH_TOKEN_KEY),
    appRedirectUris: settings.APP_REDIRECT_URIS,
    secureCookies: settings.PUBLIC_ORIGIN.startsWith("https:"),
    refreshKeys: settings.REFRESH_TOKEN_KEY,
    endListeners: listenerEnder(firebase, gate.log),
    issueAccessToken: accessTokenIssuer(settings, newId),
    publicKeys: publicKeys(settings),
  };
}
