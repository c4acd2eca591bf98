/** Who a person is, as an identity provider vouches for them. */
import { z } from "zod";
import type { Clock } from "#shared/platform/clock.ts";
import type { SettingsOf } from "#shared/platform/config/settings.ts";
import { errors } from "#shared/platform/errors.ts";
import type { FirebaseAccounts } from "#shared/platform/google/firebaseAccounts.ts";
import { googleTokenVerifier } from "#shared/platform/http/googleToken.ts";
import { type Address, readAddress } from "#shared/platform/mail/address.ts";

export interface Identity {
  readonly provider: "google" | "firebase";
  /** The provider's own id of the person; the only thing it promises never to give to another person. */
  readonly subject: string;
  readonly email: Address | null;
  /** Whether the provider has seen that the person reads this mailbox. Only then does the address count. */
  readonly emailVerified: boolean;
  /** Whether the address is another party's word: Firebase's, of an identity that is Google's. */
  readonly secondHand: boolean;
  /** The Firebase account through which a Google identity signed in; otherwise null. */
  readonly firebaseUid: string | null;
  /** Tidied: no control characters, at most 200 characters. */
  readonly name: string | null;
}

/** Verifies a Google ID token. `nonce` is what the sign-in was begun with, where it was begun with one. */
export type VerifyGoogle = (idToken: string, nonce?: string) => Promise<Identity>;

const googleClaims = z.object({
  sub: z.string().min(1).max(255),
  email: z.string().max(1000).optional(),
  email_verified: z.boolean().default(false),
  name: z.string().optional(),
  nonce: z.string().optional(),
});

/**
 * @param audiences OAuth client ids the token may be meant for
 * @returns a verifier that refuses (401 `identity_rejected`) a token that isn't genuine or whose nonce isn't the one expected, a nonce
 *   that was not asked for included; and (401 `email_unverified`) one whose address Google hasn't verified
 */
export function googleIdentityVerifier(
  settings: SettingsOf<"GOOGLE_ISSUER" | "GOOGLE_JWKS_URL">,
  audiences: readonly string[],
  clock: Clock,
): VerifyGoogle {
  const verify = googleTokenVerifier(
    settings,
    { audiences, claims: googleClaims, refuse: errors.identityRejected },
    clock,
  );
  return async (idToken, nonce) => {
    const claims = await verify(idToken);
    if (claims.nonce !== nonce) {
      throw errors.identityRejected("nonce: expected the one that the ID token was asked for with");
    }
    const email = readAddress(claims.email ?? "");
    if (!claims.email_verified || email === undefined) {
      throw errors.emailUnverified("Google has not verified this account's address");
    }
    return {
      provider: "google",
      subject: claims.sub,
      email,
      emailVerified: true,
      secondHand: false,
      firebaseUid: null,
      name: tidyName(claims.name),
    };
  };
}

/**
 * Verifies a Firebase ID token: e-mail with password, phone with SMS code, Apple and others. An unverified address signs in, but doesn't
 * count.
 *
 * A Firebase session that began with Google is Google's identity, as if the app had asked Google itself. Firebase gives one account to
 * all Google accounts that come with one address, one after the other (its API says so by "emailRecycled"), so its id is not one person's.
 * @throws `identity_rejected`, also for an anonymous account, and for a session that began with a
 *   custom token: those are the listener tokens we give out, and must not turn back into a sign-in that outlives its session
 */
export async function firebaseIdentity(idToken: string, firebase: FirebaseAccounts): Promise<Identity> {
  const person = await firebase.verify(idToken);
  if (person.signInProvider === "custom" || person.signInProvider === "anonymous") {
    throw errors.identityRejected(`a Firebase session of the kind "${person.signInProvider}" can't sign in`);
  }
  const email = readAddress(person.email ?? "") ?? null;
  const claims = {
    email,
    emailVerified: email !== null && person.emailVerified,
    name: tidyName(person.name ?? undefined),
  };
  return person.signInProvider === "google.com" && person.googleSubject !== null
    ? {
        provider: "google",
        subject: person.googleSubject,
        ...claims,
        secondHand: true,
        firebaseUid: person.uid,
      }
    : { provider: "firebase", subject: person.uid, ...claims, secondHand: false, firebaseUid: null };
}

function tidyName(name: string | undefined): string | null {
  const tidy = (name ?? "").replace(/\p{Cc}+/gu, " ").trim();
  return tidy === "" ? null : Array.from(tidy).slice(0, 200).join("").trim();
}
