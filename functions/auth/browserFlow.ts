/**
 * Sign-in with Google in a browser (RFC 6749 with RFC 7636 on both legs, RFC 8252, RFC 9700): the app opens `begin` in the system's
 * browser, Google sends the browser to `finish`, and that sends it on to the app's own link with a one-time code.
 *
 * Two proofs tie both ends of the flow. The sealed cookie proves that the same browser began and finishes, so an
 * attacker can't make another person's browser finish their sign-in. The app's challenge proves that the app that began redeems the code,
 * so an app link that was intercepted or planted is useless.
 */
import { timingSafeEqual } from "node:crypto";
import type { Clock } from "#shared/platform/clock.ts";
import { type ErrorCode, errors, ReverieError } from "#shared/platform/errors.ts";
import type { RandomBytes } from "#shared/platform/ids.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import type { Flow, flowSealer } from "./flowCookie.ts";
import type { GoogleOAuth } from "./googleOAuth.ts";
import type { VerifyGoogle } from "./identity.ts";
import { challengeOf, newVerifier } from "./pkce.ts";
import { issueCode } from "./signInCode.ts";
import { countSignIn, type SignInLimitDeps } from "./signInLimit.ts";

export interface BrowserFlowDeps extends SignInLimitDeps {
  readonly db: Sql;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly google: GoogleOAuth;
  /** Verifies an ID token for the web client. */
  readonly verifyWebGoogle: VerifyGoogle;
  readonly flows: ReturnType<typeof flowSealer>;
  readonly googleIssuer: string;
  /** App links that may be gone back to, compared character by character. */
  readonly appRedirectUris: readonly string[];
}

/** What `error=` in the app link can be. */
export type FlowError =
  | "access_denied"
  | Extract<ErrorCode, "identity_rejected" | "email_unverified" | "unavailable">;

/**
 * @returns where to send the browser, and the cookie that it must bring back
 * @throws `invalid_request` for a redirect URI that isn't on the list; nothing is ever sent there
 */
export async function begin(
  app: { readonly redirectUri: string; readonly challenge: string; readonly state: string | undefined },
  deps: BrowserFlowDeps,
): Promise<{ location: string; cookie: string }> {
  if (!deps.appRedirectUris.includes(app.redirectUri)) {
    throw errors.invalidRequest("redirect_uri: expected one of the app links that are registered", {
      issues: [{ path: "redirect_uri", message: "is not registered" }],
    });
  }
  const flow: Flow = {
    state: deps.randomBytes(32).toString("base64url"),
    nonce: deps.randomBytes(32).toString("base64url"),
    verifier: newVerifier(deps.randomBytes),
    redirectUri: app.redirectUri,
    challenge: app.challenge,
    ...(app.state === undefined ? {} : { appState: app.state }),
  };
  return {
    location: deps.google.authorizeUrl({ ...flow, codeChallenge: challengeOf(flow.verifier) }),
    cookie: await deps.flows.seal(flow, deps.clock()),
  };
}

/** What Google sent the browser back with. */
export interface Callback {
  readonly state: string | undefined;
  readonly code: string | undefined;
  readonly error: string | undefined;
  /** RFC 9207. */
  readonly iss: string | undefined;
}

/**
 * @returns the app link to send the browser to: with `code`, or with `error`; and with the app's own `state`
 * @throws `invalid_request` when this browser didn't begin this flow, or took too long: then there is no known app to redirect to;
 *   `rate_limited` when the account has signed in too often
 */
export async function finish(
  callback: Callback,
  cookie: string | undefined,
  deps: BrowserFlowDeps,
): Promise<{ location: string; refused?: FlowError }> {
  const flow = cookie === undefined ? undefined : await deps.flows.open(cookie, deps.clock());
  if (!flow || !equal(callback.state ?? "", flow.state)) {
    throw errors.invalidRequest(
      "this browser began no such sign-in, or it took too long; begin again in the app",
    );
  }
  // The list may have changed in those minutes.
  if (!deps.appRedirectUris.includes(flow.redirectUri)) {
    throw errors.invalidRequest("the app link of this sign-in is no longer registered");
  }
  try {
    return { location: appLink(flow, { code: await codeFor(callback, flow, deps) }) };
  } catch (error) {
    const refused = flowError(error);
    if (refused === undefined) throw error;
    return { location: appLink(flow, { error: refused }), refused };
  }
}

class AccessDeniedError extends Error {}

async function codeFor(callback: Callback, flow: Flow, deps: BrowserFlowDeps): Promise<string> {
  // Another issuer's answer must not be taken for Google's (mix-up, RFC 9700 section 4.4).
  if (callback.iss !== undefined && callback.iss !== deps.googleIssuer)
    throw new AccessDeniedError("another issuer");
  if (callback.error !== undefined || callback.code === undefined)
    throw new AccessDeniedError("Google gave no code");
  const idToken = await deps.google.exchange(callback.code, flow.verifier);
  const identity = await deps.verifyWebGoogle(idToken, flow.nonce);
  await countSignIn(identity, deps);
  const { randomBytes } = deps;
  return issueCode(deps.db, { identity, challenge: flow.challenge }, { now: deps.clock(), randomBytes });
}

function flowError(error: unknown): FlowError | undefined {
  if (error instanceof AccessDeniedError) return "access_denied";
  if (!(error instanceof ReverieError)) return undefined;
  const { code } = error;
  return code === "identity_rejected" || code === "email_unverified" || code === "unavailable"
    ? code
    : undefined;
}

function appLink(flow: Flow, answer: { code: string } | { error: FlowError }): string {
  const url = new URL(flow.redirectUri);
  for (const [name, value] of Object.entries(answer)) url.searchParams.set(name, value);
  if (flow.appState !== undefined) url.searchParams.set("state", flow.appState);
  return url.href;
}

function equal(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
