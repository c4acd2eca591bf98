/**
 * Who may call a route. One value in the route's definition puts the check in front of the handler and the fact into the OpenAPI
 * document, so the two can't differ.
 */
import { type ErrorCode, errors } from "../errors.ts";
import type { AppContext } from "./appEnv.ts";
import { type RateDecision, type RateName, rateLimited } from "./rateLimit.ts";

/**
 * - `public`: anyone.
 * - `account`: anyone signed in; whether the thing asked for is theirs is the operation's own question.
 * - `engine`, `admin`: a Google ID token of an address on the setting's list.
 * - `private`: behind IAM; only Cloud Tasks or Cloud Scheduler reach it.
 */
export type Access = "public" | "account" | "engine" | "admin" | "private";

/** The error codes that each kind of access can answer by itself. */
export const accessErrors: Readonly<Record<Access, readonly ErrorCode[]>> = {
  public: ["rate_limited"],
  account: ["unauthenticated", "token_invalid", "rate_limited"],
  engine: ["unauthenticated", "token_invalid", "forbidden"],
  admin: ["unauthenticated", "token_invalid", "forbidden"],
  private: [],
};

/** How the OpenAPI document names what each kind of access asks for. */
export function securityOf(kind: Access): Array<Record<string, string[]>> {
  if (kind === "account") return [{ accessToken: [] }];
  return kind === "engine" || kind === "admin" ? [{ serviceToken: [] }] : [];
}

/**
 * Lets in who may call, and refuses everyone else.
 * @param rate a budget of its own beside the general ones: per account where one is asked for, otherwise per address
 * @throws `unauthenticated`, `token_invalid`, `forbidden`, `rate_limited`
 */
export async function letIn(c: AppContext, kind: Access, rate: RateName | undefined): Promise<void> {
  const http = c.get("http");
  if (kind === "engine" || kind === "admin") {
    if (!http.verifyServiceToken)
      throw new Error(`this function verifies no service tokens, but a route asks for ${kind}`);
    c.set("service", await http.verifyServiceToken(bearerToken(c)));
    return;
  }
  if (kind === "private") return;
  await count(c, "address", c.get("address"));
  if (kind === "public") {
    if (rate) await count(c, rate, c.get("address"));
    return;
  }
  if (!http.verifyAccessToken)
    throw new Error("this function verifies no access tokens, but a route asks for an account");
  const account = await http.verifyAccessToken(bearerToken(c));
  c.set("account", account);
  await count(c, "account", account.userId);
  if (rate) await count(c, rate, account.userId);
}

async function count(c: AppContext, name: RateName, subject: string): Promise<void> {
  const decision = await c.get("http").limits?.take(name, subject);
  if (!decision) return;
  setRateHeaders(c, name, decision);
  if (!decision.allowed) throw rateLimited(decision);
}

/** Fields as in the IETF draft "RateLimit header fields for HTTP" (draft-ietf-httpapi-ratelimit-headers); the last counter taken is the one shown. */
function setRateHeaders(c: AppContext, name: RateName, decision: RateDecision): void {
  c.header("ratelimit-policy", `"${name}";q=${decision.limit};w=60`);
  c.header("ratelimit", `"${name}";r=${decision.remaining};t=${Math.ceil(decision.resetSeconds)}`);
}

/**
 * The bearer token of a request (RFC 6750, header form only: a token in a URL would reach logs).
 * @throws `unauthenticated` when there is none
 */
export function bearerToken(c: AppContext): string {
  const match = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(c.req.header("authorization") ?? "");
  if (!match?.[1]) throw errors.unauthenticated("send an Authorization header with a bearer token");
  return match[1];
}
