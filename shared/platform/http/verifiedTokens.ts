import { hash } from "node:crypto";
import type { Clock } from "../clock.ts";
import { CLOCK_SKEW_SECONDS } from "./clockSkew.ts";

/** Tokens that one instance remembers; each takes some hundred bytes. */
const REMEMBERED = 5_000;

/** What a token says once its signature and claims have been checked, and when it ends, in seconds since 1970. */
export interface Verified<Claims> {
  readonly claims: Claims;
  readonly expiresAt: number;
}

/**
 * Remembers that a token was genuine until it ends, so that a signature is checked once and not at each request. Only a check that depends on
 * the token alone may be remembered. The token itself isn't kept, only its SHA-256; the oldest is forgotten first. A refusal isn't remembered.
 */
export function rememberVerified<Claims>(
  verify: (token: string) => Promise<Verified<Claims>>,
  clock: Clock,
): (token: string) => Promise<Claims> {
  const remembered = new Map<string, Verified<Claims>>();
  return async (token) => {
    const key = hash("sha256", token, "base64");
    const known = remembered.get(key);
    if (known && clock().getTime() / 1000 < known.expiresAt + CLOCK_SKEW_SECONDS) return known.claims;
    remembered.delete(key);
    const verified = await verify(token);
    const oldest = remembered.size < REMEMBERED ? undefined : remembered.keys().next().value;
    if (oldest !== undefined) remembered.delete(oldest);
    remembered.set(key, verified);
    return verified.claims;
  };
}
