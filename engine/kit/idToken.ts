import { readFile } from "node:fs/promises";
import { decodeJwt, importPKCS8, SignJWT } from "jose";
import { z } from "zod";
import { type Clock, plusSeconds } from "#shared/platform/clock.ts";

const keyFileSchema = z.object({
  client_email: z.string(),
  private_key: z.string(),
  private_key_id: z.string().optional(),
  token_uri: z.url(),
});
const answerSchema = z.object({ id_token: z.string() });

/** A token this close to its end is not used for another call, in seconds. */
const SPARE_SECONDS = 60;
const ASSERTION_SECONDS = 3600;
const TIMEOUT_MS = 15_000;

export interface IdTokens {
  /** A token that is valid for a while yet. */
  current(): Promise<string>;
  /** Forgets the token that was refused. */
  forget(): void;
}

/**
 * OIDC ID tokens for a service account, as its key file allows: a signed assertion with `target_audience` is posted to the key's
 * `token_uri` (RFC 7523, and Google's "Using OAuth 2.0 for server to server applications").
 */
export function serviceAccountTokens(options: {
  readonly keyFile: string;
  readonly audience: string;
  readonly clock: Clock;
}): IdTokens {
  const { keyFile, audience, clock } = options;
  let held: { token: string; goodUntil: Date } | undefined;
  let asking: Promise<string> | undefined;

  async function ask(): Promise<string> {
    const key = keyFileSchema.parse(JSON.parse(await readFile(keyFile, "utf8")));
    const now = clock();
    const assertion = await new SignJWT({ target_audience: audience })
      .setProtectedHeader({
        alg: "RS256",
        typ: "JWT",
        ...(key.private_key_id ? { kid: key.private_key_id } : {}),
      })
      .setIssuer(key.client_email)
      .setSubject(key.client_email)
      .setAudience(key.token_uri)
      .setIssuedAt(now)
      .setExpirationTime(plusSeconds(now, ASSERTION_SECONDS))
      .sign(await importPKCS8(key.private_key, "RS256"));
    const answer = await fetch(key.token_uri, {
      method: "POST",
      body: new URLSearchParams({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!answer.ok) throw new Error(`the token endpoint answered ${answer.status}`);
    const { id_token: token } = answerSchema.parse(await answer.json());
    const expires = new Date((decodeJwt(token).exp ?? 0) * 1000);
    held = { token, goodUntil: plusSeconds(expires, -SPARE_SECONDS) };
    return token;
  }

  return {
    async current() {
      if (held && clock() < held.goodUntil) return held.token;
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      return await asking;
    },
    forget() {
      held = undefined;
    },
  };
}
