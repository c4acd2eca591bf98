/** Sign-in: the proof of identity is checked, then account, session and first tokens are made in one transaction. */
import { z } from "@hono/zod-openapi";
import type { Clock } from "#shared/platform/clock.ts";
import { ReverieError } from "#shared/platform/errors.ts";
import type { FirebaseAccounts } from "#shared/platform/google/firebaseAccounts.ts";
import type { NewId, RandomBytes } from "#shared/platform/ids.ts";
import { audit } from "#shared/platform/sql/auditLog.ts";
import type { Database, Sql } from "#shared/platform/sql/pool.ts";
import { type Account, accountOf } from "./account.ts";
import { firebaseIdentity, type Identity, type VerifyGoogle } from "./identity.ts";
import { verifierSchema } from "./pkce.ts";
import { refreshTokenOf } from "./refreshToken.ts";
import { beginSession, type Device, deviceSchema } from "./session.ts";
import { redeemCode } from "./signInCode.ts";
import { countSignIn, type SignInLimitDeps } from "./signInLimit.ts";

const idToken = z.string().min(1).max(8192).describe("As the provider's SDK gave it to the app.");
const device = deviceSchema.optional();

export const signInBody = z.discriminatedUnion("provider", [
  z.strictObject({
    provider: z.literal("google"),
    idToken,
    nonce: z
      .string()
      .min(1)
      .max(512)
      .optional()
      .describe("Required, and only allowed, when the ID token was asked for with one."),
    device,
  }),
  z.strictObject({ provider: z.literal("firebase"), idToken, device }),
  z.strictObject({
    provider: z.literal("code"),
    code: z.string().min(1).max(512).describe("From the app link that ended the browser flow."),
    codeVerifier: verifierSchema.describe("Of the code_challenge that the flow was begun with (RFC 7636)."),
    device,
  }),
]);
export type SignIn = z.infer<typeof signInBody>;

export interface SignInDeps extends SignInLimitDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly randomBytes: RandomBytes;
  readonly verifyGoogle: VerifyGoogle;
  readonly firebase: FirebaseAccounts;
}

export interface SignedIn {
  readonly account: Account;
  readonly sessionId: string;
  readonly refreshToken: string;
}

/**
 * @throws `identity_rejected`, `email_unverified` or `sign_in_code_rejected`; a refusal leaves a line in the audit log and nothing
 *   else. `rate_limited` when the account has signed in too often; `unavailable` when the provider can't be asked.
 */
export async function signIn(request: SignIn, requestId: string, deps: SignInDeps): Promise<SignedIn> {
  const now = deps.clock();
  try {
    const identify = await identifier(request, now, deps);
    return await deps.db.transaction(async (sql) =>
      open(sql, { identity: await identify(sql), device: request.device, requestId }, now, deps),
    );
  } catch (error) {
    if (error instanceof ReverieError && error.status === 401) {
      await audit(deps.db, { action: "signed_in", outcome: "refused", reason: error.code, requestId }, now);
    }
    throw error;
  }
}

/** Providers are asked before the transaction begins. A code is redeemed inside it; its sign-in was counted when the code was made. */
async function identifier(
  request: SignIn,
  now: Date,
  deps: SignInDeps,
): Promise<(sql: Sql) => Promise<Identity>> {
  if (request.provider === "code") return (sql) => redeemCode(sql, request, now);
  const identity = await (request.provider === "google"
    ? deps.verifyGoogle(request.idToken, request.nonce)
    : firebaseIdentity(request.idToken, deps.firebase));
  await countSignIn(identity, deps);
  return async () => identity;
}

async function open(
  sql: Sql,
  { identity, device, requestId }: { identity: Identity; device: Device | undefined; requestId: string },
  now: Date,
  { newId, randomBytes }: SignInDeps,
): Promise<SignedIn> {
  const account = await accountOf(sql, identity, { newId, now, requestId });
  const sessionId = newId();
  const refreshToken = refreshTokenOf(randomBytes(32));
  await beginSession(
    sql,
    { id: sessionId, userId: account.id, provider: identity.provider, device, refreshToken },
    now,
  );
  await audit(sql, { action: "signed_in", userId: account.id, sessionId, requestId }, now);
  return { account, sessionId, refreshToken };
}
