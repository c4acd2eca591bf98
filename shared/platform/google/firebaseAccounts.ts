/** Firebase Authentication as this project uses it: it vouches for people. */
import { decodeJwt, errors as joseErrors } from "jose";
import { z } from "zod";
import type { SettingsOf } from "../config/settings.ts";
import { errors } from "../errors.ts";
import { firebaseAuth } from "./firebaseAuth.ts";

/** A person as a Firebase ID token names them. */
export interface FirebasePerson {
  readonly uid: string;
  readonly email: string | null;
  readonly emailVerified: boolean;
  readonly name: string | null;
  /** How they signed in to Firebase: `password`, `phone`, `apple.com`, `google.com` …; `custom` for a token that we made. */
  readonly signInProvider: string;
  /** Google's own id of the person (`sub`), where the account is tied to one at Google. */
  readonly googleSubject: string | null;
}

export interface FirebaseAccounts {
  /**
   * Verifies an ID token, and asks Firebase whether it was revoked or its account disabled.
   * @throws `identity_rejected`; `unavailable` when Firebase can't be asked
   */
  verify(idToken: string): Promise<FirebasePerson>;
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
  firebase: z.object({
    sign_in_provider: z.string(),
    // By provider; one account has at most one identity of each.
    identities: z.object({ "google.com": z.array(z.string().min(1).max(255)).optional() }).optional(),
  }),
});

/** Make one per instance; Firebase's client is loaded at the first call. */
export function createFirebaseAccounts(settings: SettingsOf<"GOOGLE_CLOUD_PROJECT">): FirebaseAccounts {
  const auth = firebaseAuth(settings.GOOGLE_CLOUD_PROJECT);
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
          googleSubject: claims.firebase.identities?.["google.com"]?.[0] ?? null,
        };
      } catch (cause) {
        if (!isRefusal(cause)) throw errors.unavailable("Firebase can't be asked about the token", { cause });
        throw errors.identityRejected("the Firebase ID token is malformed, expired, revoked or not ours", {
          cause,
        });
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

const REFUSALS = new Set([
  "auth/argument-error",
  "auth/id-token-expired",
  "auth/id-token-revoked",
  "auth/user-disabled",
  "auth/user-not-found",
]);

/** Whether the token is to blame. Keys that couldn't be fetched carry the code of a malformed token and differ by the message only. */
function isRefusal(error: unknown): boolean {
  if (error instanceof z.ZodError || error instanceof joseErrors.JOSEError) return true;
  if (!(error instanceof Error) || error.message.startsWith("Error fetching public keys")) return false;
  return REFUSALS.has(codeOf(error) ?? "");
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
