/** Authorization codes: each is good for one exchange, for a minute, and only for what it was issued to. */
import { createHash } from "node:crypto";
import { type Clock, plusSeconds } from "#shared/platform/clock.ts";
import { sameSecret } from "./requests.ts";
import type { Person } from "./tokens.ts";

/** Life of a code in seconds. RFC 6749 allows ten minutes; a minute is enough for a redirect. */
export const CODE_SECONDS = 60;
/** Codes waiting at once; beyond this the oldest is forgotten. */
const MAX_WAITING = 10_000;

export interface Grant {
  readonly person: Person;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly nonce: string | undefined;
  /** BASE64URL(SHA256(code_verifier)), RFC 7636. */
  readonly codeChallenge: string | undefined;
}

export interface CodeClaim {
  readonly clientId: string;
  readonly redirectUri: string | undefined;
  readonly codeVerifier: string | undefined;
}

export interface Codes {
  issue(grant: Grant): string;
  /** The grant of `code`, or why it is refused. Either way the code is used up: a thief gets no second try. */
  redeem(code: string, claim: CodeClaim): { ok: true; grant: Grant } | { ok: false; why: string };
}

export function createCodes(clock: Clock, random: (bytes: number) => Buffer): Codes {
  const waiting = new Map<string, { grant: Grant; until: Date }>();
  return {
    issue: (grant) => {
      const code = `4/${random(32).toString("base64url")}`;
      waiting.set(code, { grant, until: plusSeconds(clock(), CODE_SECONDS) });
      const [oldest] = waiting.keys();
      if (waiting.size > MAX_WAITING && oldest !== undefined) waiting.delete(oldest);
      return code;
    },
    redeem: (code, claim) => {
      const found = waiting.get(code);
      waiting.delete(code);
      if (found === undefined || found.until <= clock())
        return { ok: false, why: "Malformed or expired code." };
      const { grant } = found;
      if (grant.clientId !== claim.clientId)
        return { ok: false, why: "The code was issued to another client." };
      if (grant.redirectUri !== claim.redirectUri)
        return { ok: false, why: "redirect_uri is not the one of the sign-in." };
      return verifierFits(grant.codeChallenge, claim.codeVerifier)
        ? { ok: true, grant }
        : { ok: false, why: "Invalid code verifier." };
    },
  };
}

/** A verifier without a challenge is refused too, so that an attacker can't remove the challenge on the way (RFC 9700, 2.1.1). */
function verifierFits(challenge: string | undefined, verifier: string | undefined): boolean {
  if (challenge === undefined || verifier === undefined) return challenge === verifier;
  if (!/^[\w.~-]{43,128}$/.test(verifier)) return false;
  return sameSecret(challenge, createHash("sha256").update(verifier).digest("base64url"));
}
