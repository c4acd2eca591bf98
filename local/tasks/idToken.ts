import { z } from "zod";

/**
 * Makes an OIDC ID token for a service account, as Cloud Tasks and Cloud Scheduler do before they call. `signal` says that nobody waits for it
 * any longer.
 */
export type MintIdToken = (
  serviceAccountEmail: string,
  audience: string,
  signal?: AbortSignal,
) => Promise<string>;

const MINT_TIMEOUT_MS = 10_000;
const answerSchema = z.object({ token: z.string().min(1) });

/**
 * ID tokens from `iamEndpoint` by the IAM Credentials API's `generateIdToken`
 * (https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateIdToken). Rejects when the endpoint refuses, is
 * away, or takes longer than ten seconds.
 */
export function idTokensFromIam(iamEndpoint: string): MintIdToken {
  return async (serviceAccountEmail, audience, signal) => {
    const account = encodeURIComponent(serviceAccountEmail).replaceAll("%40", "@");
    const url = new URL(`/v1/projects/-/serviceAccounts/${account}:generateIdToken`, iamEndpoint);
    const late = AbortSignal.timeout(MINT_TIMEOUT_MS);
    const answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ audience, includeEmail: true }),
      signal: signal === undefined ? late : AbortSignal.any([late, signal]),
    });
    if (!answer.ok) throw new Error(`generateIdToken for ${serviceAccountEmail} answered ${answer.status}`);
    return answerSchema.parse(await answer.json()).token;
  };
}
