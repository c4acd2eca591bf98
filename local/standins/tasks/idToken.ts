import { z } from "zod";

/**
 * Makes an OIDC ID token for a service account, as Cloud Tasks and Cloud Scheduler do before they call. `signal` aborts when the
 * token is no longer needed.
 */
export type MintIdToken = (
  serviceAccountEmail: string,
  audience: string,
  signal?: AbortSignal,
) => Promise<string>;

const MINT_TIMEOUT_MS = 10_000;
const accessTokenSchema = z.object({ access_token: z.string().min(1) });
const idTokenSchema = z.object({ token: z.string().min(1) });

/**
 * ID tokens by the IAM Credentials API's `generateIdToken`
 * (https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateIdToken) at `iamEndpoint`, called with the
 * access token that the metadata server at `metadataEndpoint` gives. Both are on loopback, so each call asks for a
 * token of its own. Rejects when one of them refuses, is away, or both together take longer than ten seconds.
 */
export function idTokensFromIam(iamEndpoint: string, metadataEndpoint = iamEndpoint): MintIdToken {
  return async (serviceAccountEmail, audience, signal) => {
    const late = AbortSignal.timeout(MINT_TIMEOUT_MS);
    const either = signal === undefined ? late : AbortSignal.any([late, signal]);
    const { access_token } = accessTokenSchema.parse(
      await json(new URL("/computeMetadata/v1/instance/service-accounts/default/token", metadataEndpoint), {
        headers: { "metadata-flavor": "Google" },
        signal: either,
      }),
    );
    const account = encodeURIComponent(serviceAccountEmail).replaceAll("%40", "@");
    const { token } = idTokenSchema.parse(
      await json(new URL(`/v1/projects/-/serviceAccounts/${account}:generateIdToken`, iamEndpoint), {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${access_token}` },
        body: JSON.stringify({ audience, includeEmail: true }),
        signal: either,
      }),
    );
    return token;
  };
}

async function json(url: URL, init: RequestInit): Promise<unknown> {
  const answer = await fetch(url, init);
  if (!answer.ok) throw new Error(`${url.pathname} answered ${answer.status}`);
  return answer.json();
}
