import { functions, type Settings } from "#shared/manifest.ts";
import { baseDeps } from "#shared/platform/baseDeps.ts";
import type { Clock } from "#shared/platform/clock.ts";
import { type SettingsOf, settingsFor } from "#shared/platform/config/settings.ts";
import { type CustomTokens, createCustomTokens } from "#shared/platform/google/customTokens.ts";
import { createFirebaseAccounts, type FirebaseAccounts } from "#shared/platform/google/firebaseAccounts.ts";
import { type HttpDeps, phoneHttpDeps } from "#shared/platform/http/httpDeps.ts";
import type { NewId, RandomBytes } from "#shared/platform/ids.ts";
import { lazy } from "#shared/platform/lazy.ts";
import { createDatabase, type Database } from "#shared/platform/sql/pool.ts";
import type { Listeners } from "#shared/spaces/listeners.ts";
import { accessTokenIssuer, type IssueAccessToken, type PublicKey, publicKeys } from "./accessTokenIssuer.ts";
import type { BrowserFlowDeps } from "./browserFlow.ts";
import { flowSealer } from "./flowCookie.ts";
import { googleOAuth } from "./googleOAuth.ts";
import { googleIdentityVerifier } from "./identity.ts";
import { listenerEnder } from "./listeners.ts";
import type { RefreshDeps } from "./refresh.ts";
import type { SignInDeps } from "./signIn.ts";

/** What a test may put in the place of; the rest follows from the settings. */
export interface Surroundings {
  readonly http: HttpDeps;
  readonly db: Database;
  readonly firebase: FirebaseAccounts & CustomTokens;
  readonly listeners: Listeners;
  readonly mirrorIfPending: (userId: string) => Promise<void>;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly randomBytes: RandomBytes;
}

/** What the operations of `auth` use. */
export interface AuthDeps extends Surroundings, SignInDeps, RefreshDeps, BrowserFlowDeps {
  readonly db: Database;
  readonly firebase: FirebaseAccounts & CustomTokens;
  readonly issueAccessToken: IssueAccessToken;
  readonly publicKeys: readonly PublicKey[];
  /** Whether the origin is https, as it is everywhere but on a developer's machine. */
  readonly secureCookies: boolean;
}

/**
 * Makes what an instance of `auth` uses.
 * @throws Error when the settings contradict each other
 */
export function authDeps(
  settings: Settings<"auth"> = settingsFor(functions.auth.settings),
  surroundings: Surroundings = surroundingsOf(settings),
): AuthDeps {
  const { clock, newId, firebase, listeners, http } = surroundings;
  return {
    ...surroundings,
    verifyGoogle: googleIdentityVerifier(settings, settings.GOOGLE_CLIENT_IDS, clock),
    verifyWebGoogle: googleIdentityVerifier(settings, [settings.GOOGLE_OAUTH_CLIENT_ID], clock),
    google: googleOAuth(settings),
    googleIssuer: settings.GOOGLE_ISSUER,
    flows: flowSealer(settings.REFRESH_TOKEN_KEY),
    appRedirectUris: settings.APP_REDIRECT_URIS,
    secureCookies: settings.PUBLIC_ORIGIN.startsWith("https:"),
    limits: http.limits,
    refreshKeys: settings.REFRESH_TOKEN_KEY,
    endListeners: listenerEnder(firebase, listeners, http.log),
    issueAccessToken: accessTokenIssuer(settings, newId),
    publicKeys: publicKeys(settings),
  };
}

/** The budgets of `auth`, beside those of every route. */
export function signInRates(
  settings: SettingsOf<
    "RATE_SIGN_IN" | "RATE_SIGN_IN_PER_ACCOUNT" | "RATE_REFRESH" | "RATE_REFRESH_PER_ACCOUNT"
  >,
) {
  return {
    sign_in: settings.RATE_SIGN_IN,
    sign_in_account: settings.RATE_SIGN_IN_PER_ACCOUNT,
    refresh: settings.RATE_REFRESH,
    refresh_account: settings.RATE_REFRESH_PER_ACCOUNT,
  };
}

function surroundingsOf(settings: Settings<"auth">): Surroundings {
  const base = baseDeps("auth", settings);
  const { log } = base;
  const db = createDatabase(settings, { name: "auth", max: functions.auth.sqlPool, log });
  return {
    ...base,
    http: phoneHttpDeps(settings, db, log, signInRates(settings)),
    db,
    firebase: { ...createFirebaseAccounts(settings), ...createCustomTokens(settings) },
    ...lazyFirestore(settings, db),
  };
}

/** Firestore is loaded when there is first a listener to allow or to end: most requests need none. */
function lazyFirestore(
  settings: Settings<"auth">,
  db: Database,
): Pick<Surroundings, "listeners" | "mirrorIfPending"> {
  const loaded = lazy(async () => {
    const [{ createRestFirestore }, { listenersIn }, { mirrorIfPending }] = await Promise.all([
      import("#shared/platform/firestore/rest/client.ts"),
      import("#shared/spaces/listeners.ts"),
      import("#shared/spaces/mirror.ts"),
    ]);
    const firestore = createRestFirestore(settings);
    return {
      listeners: listenersIn(firestore),
      mirrorIfPending: (userId: string) => mirrorIfPending(db, firestore, userId),
    };
  });
  return {
    listeners: {
      allow: async (session) => (await loaded()).listeners.allow(session),
      end: async (sessionIds) => (await loaded()).listeners.end(sessionIds),
    },
    mirrorIfPending: async (userId) => (await loaded()).mirrorIfPending(userId),
  };
}
