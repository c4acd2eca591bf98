/** Google's authorization endpoint and token endpoint, as a confidential web client with PKCE uses them (RFC 9700, section 2.1.1). */
import { z } from "zod";
import type { SettingsOf } from "#shared/platform/config/settings.ts";
import { errors } from "#shared/platform/errors.ts";

export interface GoogleOAuth {
  /** The page to send the browser to. */
  authorizeUrl(flow: { state: string; nonce: string; codeChallenge: string }): string;
  /**
   * Exchanges the authorization code for an ID token.
   * @throws `identity_rejected` when Google refuses the code; `unavailable` when Google can't be asked
   */
  exchange(code: string, codeVerifier: string): Promise<string>;
}

const CALLBACK = "/v1/auth/google/callback";
const TIMEOUT_MILLISECONDS = 10_000;
const answerSchema = z.object({ id_token: z.string() });

export function googleOAuth(
  settings: SettingsOf<
    | "GOOGLE_AUTHORIZE_URL"
    | "GOOGLE_TOKEN_URL"
    | "GOOGLE_OAUTH_CLIENT_ID"
    | "GOOGLE_OAUTH_CLIENT_SECRET"
    | "PUBLIC_ORIGIN"
  >,
): GoogleOAuth {
  const { GOOGLE_AUTHORIZE_URL: authorizeUrl, GOOGLE_TOKEN_URL: tokenUrl } = settings;
  const clientSecret = settings.GOOGLE_OAUTH_CLIENT_SECRET;
  const redirectUri = `${settings.PUBLIC_ORIGIN}${CALLBACK}`;
  const client = { client_id: settings.GOOGLE_OAUTH_CLIENT_ID, redirect_uri: redirectUri };
  return {
    authorizeUrl({ state, nonce, codeChallenge }) {
      const url = new URL(authorizeUrl);
      const parameters = {
        ...client,
        response_type: "code",
        scope: "openid email profile",
        state,
        nonce,
        code_challenge: codeChallenge,
        code_challenge_method: "S256",
        // Several people may share a phone: Google must ask which account, and not take the last one.
        prompt: "select_account",
      };
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
      return url.href;
    },

    async exchange(code, codeVerifier) {
      const response = await post(tokenUrl, {
        ...client,
        client_secret: clientSecret,
        grant_type: "authorization_code",
        code,
        code_verifier: codeVerifier,
      });
      if (response.status === 400) {
        await response.body?.cancel();
        throw errors.identityRejected("Google refused the authorization code");
      }
      if (!response.ok) throw errors.unavailable(`Google's token endpoint answered ${response.status}`);
      const parsed = answerSchema.safeParse(await response.json().catch(() => undefined));
      if (!parsed.success) throw errors.unavailable("Google's token endpoint answered without an ID token");
      return parsed.data.id_token;
    },
  };
}

async function post(url: string, form: Readonly<Record<string, string>>): Promise<Response> {
  try {
    return await fetch(url, {
      method: "POST",
      body: new URLSearchParams(form),
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
    });
  } catch (cause) {
    throw errors.unavailable("Google's token endpoint can't be reached", { cause });
  }
}
