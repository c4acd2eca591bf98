/** ID tokens as Google signs them, and access tokens that only this server can read. */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { SignJWT } from "jose";
import { z } from "zod";
import type { Clock } from "#shared/platform/clock.ts";
import type { KeyRing, ServiceAccount } from "./keys.ts";

/** Life of ID and access tokens in seconds, as at Google. */
export const TOKEN_SECONDS = 3600;

/** A person as an ID token names them. */
export interface Person {
  readonly sub: string;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly name?: string | undefined;
}

const access = z.strictObject({
  kind: z.enum(["person", "service"]),
  sub: z.string(),
  email: z.string(),
  emailVerified: z.boolean(),
  name: z.string().optional(),
  scope: z.string(),
  /** Seconds since 1970. */
  exp: z.number(),
});
/** What an access token stands for. */
export type Access = z.output<typeof access>;

export interface PersonTokenRequest {
  readonly audience: string;
  readonly azp?: string;
  /** The granted scopes; without `email` or `profile` the token doesn't carry them. */
  readonly scopes: readonly string[];
  readonly nonce?: string | undefined;
  /** The access token that is answered together with it; its hash goes into `at_hash` (OpenID Connect Core 3.1.3.6). */
  readonly accessToken?: string;
}

export interface Tokens {
  personIdToken(person: Person, request: PersonTokenRequest): Promise<string>;
  serviceIdToken(account: ServiceAccount, audience: string, includeEmail?: boolean): Promise<string>;
  /** @param seconds its life, an hour unless said otherwise */
  accessToken(access: Omit<Access, "exp">, seconds?: number): string;
  serviceAccessToken(account: ServiceAccount, scope: string, seconds?: number): string;
  /** What a token stands for; undefined for one that is expired, or that wasn't issued here. */
  readAccessToken(token: string): Access | undefined;
}

export function createTokens(issuer: string, keys: KeyRing, clock: Clock): Tokens {
  const now = () => Math.floor(clock().getTime() / 1000);

  const sign = (claims: Record<string, unknown>, audience: string) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: "RS256", kid: keys.idTokens.kid, typ: "JWT" })
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt(now())
      .setExpirationTime(now() + TOKEN_SECONDS)
      .sign(keys.idTokens.privateKey);

  const seal = (body: string) =>
    createHmac("sha256", keys.accessTokenSecret).update(body).digest().toString("base64url");

  const accessToken = (what: Omit<Access, "exp">, seconds = TOKEN_SECONDS) => {
    const body = Buffer.from(JSON.stringify({ ...what, exp: now() + seconds })).toString("base64url");
    return `ya29.${body}.${seal(body)}`;
  };

  return {
    personIdToken: (person, { audience, azp, scopes, nonce, accessToken }) =>
      sign(
        {
          azp: azp ?? audience,
          sub: person.sub,
          ...(scopes.includes("email") && { email: person.email, email_verified: person.emailVerified }),
          ...(scopes.includes("profile") && person.name !== undefined && { name: person.name }),
          ...(nonce !== undefined && { nonce }),
          ...(accessToken !== undefined && { at_hash: leftHalfHash(accessToken) }),
        },
        audience,
      ),
    serviceIdToken: (account, audience, includeEmail = true) =>
      sign(
        {
          azp: includeEmail ? account.email : account.uniqueId,
          sub: account.uniqueId,
          ...(includeEmail && { email: account.email, email_verified: true }),
        },
        audience,
      ),
    accessToken,
    serviceAccessToken: (account, scope, seconds) =>
      accessToken(
        { kind: "service", sub: account.uniqueId, email: account.email, emailVerified: true, scope },
        seconds,
      ),
    readAccessToken: (token) => {
      const [, body, mac] = /^ya29\.([\w-]+)\.([\w-]{43})$/.exec(token) ?? [];
      if (body === undefined || mac === undefined) return undefined;
      if (!timingSafeEqual(Buffer.from(mac), Buffer.from(seal(body)))) return undefined;
      // The seal says that this server wrote it, so it parses.
      const parsed = access.parse(JSON.parse(Buffer.from(body, "base64url").toString()));
      return parsed.exp > now() ? parsed : undefined;
    },
  };
}

function leftHalfHash(text: string): string {
  return createHash("sha256").update(text).digest().subarray(0, 16).toString("base64url");
}
