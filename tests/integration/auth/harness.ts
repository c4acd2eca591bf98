/**
 * The function `auth` with a real Postgres and a played Google, on a clock that tests move. Firebase is played by a table of tokens; the
 * journey against the Auth emulator is in firebase.test.ts.
 */
import { generateKeyPairSync, randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { authDeps, signInRates } from "#functions/auth/deps.ts";
import { authApp } from "#functions/auth/routes.ts";
import { type Identity, startIdentity } from "#local/standins/identity/server.ts";
import { type TestDatabase, testDatabase } from "#local/testing/backends.ts";
import { functions } from "#shared/manifest.ts";
import { settingsFor } from "#shared/platform/config/settings.ts";
import { errors } from "#shared/platform/errors.ts";
import type { CustomTokens } from "#shared/platform/google/customTokens.ts";
import type { FirebaseAccounts, FirebasePerson } from "#shared/platform/google/firebaseAccounts.ts";
import { accessTokenVerifier } from "#shared/platform/http/accessToken.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import { sqlRateLimiter } from "#shared/platform/http/sqlRateLimiter.ts";
import { randomId } from "#shared/platform/ids.ts";
import { type Logger, silentLogger } from "#shared/platform/log/logger.ts";
import { createDatabase, type Database } from "#shared/platform/sql/pool.ts";
import type { Listeners } from "#shared/spaces/listeners.ts";

export const ORIGIN = "http://127.0.0.1:1";
export const APP_LINK = "reverie://signed-in";
export const PHONE_CLIENT = "phone.apps.googleusercontent.com";
export const WEB_CLIENT = "web.apps.googleusercontent.com";
export const SECOND = 1000;
export const HOUR = 3600 * SECOND;
export const DAY = 24 * HOUR;

export const tokensSchema = z.strictObject({
  accessToken: z.string(),
  tokenType: z.literal("Bearer"),
  expiresIn: z.literal(600),
  refreshToken: z.string(),
  session: z.strictObject({ id: z.string() }),
  user: z.strictObject({
    id: z.string(),
    email: z.string().nullable(),
    name: z.string().nullable(),
    role: z.string().nullable(),
    enrolled: z.boolean(),
  }),
});
export type Tokens = z.infer<typeof tokensSchema>;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON, or undefined when there is none. */
  readonly body: unknown;
  /** The stable code of a problem document. */
  readonly code: string | undefined;
}

export interface CallOptions {
  readonly body?: unknown;
  readonly token?: string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The caller's address; each call comes from another one unless said otherwise, so that no limit is in the way. */
  readonly from?: string;
}

export interface AuthWorld extends AsyncDisposable {
  readonly app: App;
  readonly database: TestDatabase;
  readonly db: Database;
  readonly google: Identity;
  readonly firebase: PlayedFirebase;
  readonly signingKeys: { keys: Record<string, unknown>[] };
  now(): Date;
  advance(milliseconds: number): void;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  /** A Google ID token for the phone app. */
  googleToken(person: Readonly<Record<string, unknown>>): Promise<string>;
  signIn(
    person: Readonly<Record<string, unknown>>,
    body?: Readonly<Record<string, unknown>>,
  ): Promise<Tokens>;
  refresh(refreshToken: string, key?: string): Promise<Answer>;
  rows(table: string): Promise<number>;
  audited(): Promise<string[]>;
}

export interface PlayedFirebase extends FirebaseAccounts, CustomTokens {
  /** Makes an ID token that `verify` takes for this person. */
  token(person: Partial<FirebasePerson>): string;
  readonly revoked: string[];
}

/** A fresh world. Google's clock is the tests' clock too. */
export async function openAuthWorld(
  options: {
    /** Environment variables that differ. */
    settings?: Readonly<Record<string, string>>;
    log?: Logger;
    /** Instead of the played one. */
    firebase?: FirebaseAccounts & CustomTokens;
    /** Instead of those that keep nothing. */
    listeners?: Listeners;
  } = {},
): Promise<AuthWorld> {
  let now = Date.parse("2030-05-05T10:00:00.000Z");
  const clock = () => new Date(now);
  const dir = await mkdtemp(join(tmpdir(), "auth-"));
  const redirectUris = [`${ORIGIN}/v1/auth/google/callback`];
  const [database, google] = await Promise.all([
    testDatabase(),
    startIdentity({
      port: 0,
      dataDir: dir,
      projectId: "demo-auth",
      serviceAccounts: [{ email: "functions@demo-auth.iam.gserviceaccount.com" }],
      runtimeServiceAccount: "functions@demo-auth.iam.gserviceaccount.com",
      oauthClients: [
        { clientId: PHONE_CLIENT, clientSecret: "unused", redirectUris: [] },
        { clientId: WEB_CLIENT, clientSecret: "web secret", redirectUris },
      ],
      clock,
    }),
  ]);
  const signingKeys = { keys: [signingKey()] };
  const settings = settingsFor(functions.auth.settings, {
    GOOGLE_CLOUD_PROJECT: "demo-auth",
    PUBLIC_ORIGIN: ORIGIN,
    DATABASE_URL: database.urlOf("auth"),
    DATABASE_POOL_MAX: "8",
    TOKEN_SIGNING_KEYS: JSON.stringify(signingKeys),
    TOKEN_PUBLIC_KEYS: JSON.stringify({ keys: signingKeys.keys.map(publicHalf) }),
    REFRESH_TOKEN_KEY: randomBytes(32).toString("base64"),
    GOOGLE_ISSUER: google.issuer,
    GOOGLE_JWKS_URL: `${google.url}/oauth2/v3/certs`,
    GOOGLE_AUTHORIZE_URL: `${google.url}/o/oauth2/v2/auth`,
    GOOGLE_TOKEN_URL: `${google.url}/token`,
    GOOGLE_CLIENT_IDS: `another.example, ${PHONE_CLIENT}`,
    GOOGLE_OAUTH_CLIENT_ID: WEB_CLIENT,
    GOOGLE_OAUTH_CLIENT_SECRET: "web secret",
    APP_REDIRECT_URIS: `${APP_LINK}, https://app.example/back?keep=1`,
    RATE_SIGN_IN: "1000000",
    RATE_SIGN_IN_PER_ACCOUNT: "1000000",
    RATE_REFRESH: "1000000",
    RATE_REFRESH_PER_ACCOUNT: "1000000",
    ...options.settings,
  });
  const log = options.log ?? silentLogger;
  const db = createDatabase(settings, { connectMilliseconds: 120_000, name: "auth", max: 2, log });
  const firebase = playedFirebase();
  const limits = {
    address: settings.RATE_PER_ADDRESS,
    account: settings.RATE_PER_ACCOUNT,
    ...signInRates(settings),
  };
  const http = {
    log,
    newId: randomId,
    edge: settings.EDGE,
    refuseUndeclaredErrors: true,
    verifyAccessToken: accessTokenVerifier(settings.TOKEN_PUBLIC_KEYS, ORIGIN, clock),
    limits: sqlRateLimiter(db, limits, { clock, log }),
  };
  const deps = authDeps(settings, {
    http,
    db,
    firebase: options.firebase ?? firebase,
    listeners: options.listeners ?? { allow: async () => {}, end: async () => {} },
    mirrorIfPending: async () => {},
    clock,
    newId: randomId,
    randomBytes,
  });
  const app = authApp(() => deps);

  let calls = 0;
  const world: AuthWorld = {
    app,
    database,
    db,
    google,
    firebase,
    signingKeys,
    now: clock,
    advance(milliseconds) {
      now += milliseconds;
    },
    async call(method, path, { body, token, key, headers, from } = {}) {
      calls += 1;
      const address = from ?? `10.${calls >> 16}.${(calls >> 8) & 255}.${calls & 255}`;
      const init = {
        method,
        headers: {
          "x-forwarded-for": address,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(key === undefined ? {} : { "idempotency-key": key }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      };
      const response = await app.request(`${ORIGIN}${path}`, init, {});
      return answerOf(response);
    },
    async googleToken(person) {
      const response = await fetch(`${google.url}/users`, { method: "POST", body: JSON.stringify(person) });
      return z.object({ idToken: z.string() }).parse(await response.json()).idToken;
    },
    async signIn(person, body = {}) {
      const idToken = await world.googleToken(person);
      const answer = await world.call("POST", "/v1/auth/sessions", {
        body: { provider: "google", idToken, ...body },
      });
      return tokensSchema.parse(answer.body);
    },
    refresh: (refreshToken, key = randomUUID()) =>
      world.call("POST", "/v1/auth/tokens", { body: { refreshToken }, key }),
    async rows(table) {
      const { rows } = await database.pool.query(`SELECT count(*)::int AS n FROM ${table}`);
      return rows[0].n;
    },
    async audited() {
      const { rows } = await database.pool.query(
        `SELECT concat_ws(' ', action, nullif(outcome, 'done'), reason) AS line FROM audit_log ORDER BY id`,
      );
      return rows.map((row) => row.line);
    },
    async [Symbol.asyncDispose]() {
      await google.close();
      await db.close();
      await database.drop();
      await rm(dir, { recursive: true, force: true });
    },
  };
  return world;
}

/** A private ES256 key as a JWK. */
export function signingKey(kid: string = randomUUID()): Record<string, unknown> {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { ...privateKey.export({ format: "jwk" }), kid, alg: "ES256" };
}

/** The public half of a private JWK. */
export function publicHalf({ d: _, ...key }: Record<string, unknown>): Record<string, unknown> {
  return key;
}

function playedFirebase(): PlayedFirebase {
  const people = new Map<string, FirebasePerson>();
  const revoked: string[] = [];
  return {
    revoked,
    token(person) {
      const idToken = randomUUID();
      const defaults = {
        uid: randomId(),
        email: null,
        emailVerified: false,
        name: null,
        googleSubject: null,
      };
      people.set(idToken, { ...defaults, signInProvider: "password", ...person });
      return idToken;
    },
    async verify(idToken) {
      const person = people.get(idToken);
      if (!person) throw errors.identityRejected("no such token");
      return person;
    },
    customToken: async (uid) => `custom token of ${uid}`,
    async revoke(uid) {
      revoked.push(uid);
    },
    async remove() {},
  };
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const body: unknown = text.startsWith("{") ? JSON.parse(text) : undefined;
  const problem = z.object({ code: z.string() }).safeParse(body);
  return {
    status: response.status,
    headers: response.headers,
    body,
    code: problem.success ? problem.data.code : undefined,
  };
}
