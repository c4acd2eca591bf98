/** Firebase Authentication as this project uses it: it vouches for people, and lets phones listen to Firestore. */
import type { Auth } from "firebase-admin/auth";
import { decodeJwt, errors as joseErrors } from "jose";
import { z } from "zod";
import { errors } from "../errors.ts";
import { lazy } from "../lazy.ts";

/** A person as a Firebase ID token tells of them. */
export interface FirebasePerson {
  readonly uid: string;
  readonly email: string | null;
  readonly emailVerified: boolean;
  readonly name: string | null;
  /** How they signed in to Firebase: `password`, `phone`, `apple.com`, `google.com` …; `custom` for a token that we made. */
  readonly signInProvider: string;
}

export interface FirebaseAccounts {
  /**
   * Verifies an ID token, and asks Firebase whether it was revoked or its account disabled.
   * @throws `identity_rejected`; `unavailable` when Firebase can't be asked
   */
  verify(idToken: string): Promise<FirebasePerson>;
  /**
   * A custom token to sign in to Firebase as `uid` with; lives an hour. No key file signs it: IAM does in production, and the emulator
   * takes it unsigned.
   * @throws `unavailable` when IAM can't sign
   */
  customToken(uid: string): Promise<string>;
  /** Ends the Firebase sessions of `uid`; ID tokens it has stay good for up to an hour. One that isn't there is no error. */
  revoke(uid: string): Promise<void>;
  /** Deletes accounts; those that aren't there count as deleted. At most 1,000. */
  remove(uids: readonly string[]): Promise<void>;
}

const claimsSchema = z.object({
  uid: z.string().min(1).max(128),
  email: z.string().nullish(),
  email_verified: z.boolean().nullish(),
  name: z.string().nullish(),
  firebase: z.object({ sign_in_provider: z.string() }),
});

/**
 * Firebase's client is heavy, so it is loaded at the first call. The Auth emulator is found by FIREBASE_AUTH_EMULATOR_HOST, as everywhere;
 * that variable must never be set in production, because the client then believes unsigned tokens.
 */
export function createFirebaseAccounts(settings: { GOOGLE_CLOUD_PROJECT: string }): FirebaseAccounts {
  const auth = lazy(() => load(settings.GOOGLE_CLOUD_PROJECT));
  return {
    async verify(idToken) {
      const client = await auth();
      try {
        decodeJwt(idToken); // what isn't even a JWT makes the client fail in ways that look like its own trouble
        const claims = claimsSchema.parse(await client.verifyIdToken(idToken, true));
        return {
          uid: claims.uid,
          email: claims.email ?? null,
          emailVerified: claims.email_verified ?? false,
          name: claims.name ?? null,
          signInProvider: claims.firebase.sign_in_provider,
        };
      } catch (cause) {
        if (!isRefusal(cause)) throw errors.unavailable("Firebase can't be asked about the token", { cause });
        throw errors.identityRejected("the Firebase ID token is malformed, expired, revoked or not ours", {
          cause,
        });
      }
    },
    async customToken(uid) {
      try {
        return await (await auth()).createCustomToken(uid);
      } catch (cause) {
        throw errors.unavailable("the listener token can't be signed", { cause });
      }
    },
    async revoke(uid) {
      try {
        await (await auth()).revokeRefreshTokens(uid);
      } catch (error) {
        if (codeOf(error) !== "auth/user-not-found") throw error;
      }
    },
    async remove(uids) {
      if (uids.length === 0) return;
      const { errors } = await (await auth()).deleteUsers([...uids]);
      if (errors[0]) throw errors[0].error;
    },
  };
}

async function load(projectId: string): Promise<Auth> {
  const [{ initializeApp }, { getAuth }] = await Promise.all([
    import("firebase-admin/app"),
    import("firebase-admin/auth"),
  ]);
  return getAuth(initializeApp({ projectId }, `auth of ${projectId}`));
}

const REFUSALS = new Set([
  "auth/argument-error",
  "auth/id-token-expired",
  "auth/id-token-revoked",
  "auth/user-disabled",
  "auth/user-not-found",
]);

/** Whether the token is to blame. Keys that couldn't be fetched carry the code of a malformed token and are told by the message only. */
function isRefusal(error: unknown): boolean {
  if (error instanceof z.ZodError || error instanceof joseErrors.JOSEError) return true;
  if (!(error instanceof Error) || error.message.startsWith("Error fetching public keys")) return false;
  return REFUSALS.has(codeOf(error) ?? "");
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
