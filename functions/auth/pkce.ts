/** Proof Key for Code Exchange (RFC 7636), S256 only: of the app toward us, and of us toward Google. */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { RandomBytes } from "#shared/platform/ids.ts";

/** A challenge: 32 bytes in base64url (section 4.2). */
export const challengeSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/, "expected the base64url of a SHA-256, 43 characters");

/** A verifier (section 4.1). */
export const verifierSchema = z
  .string()
  .regex(/^[A-Za-z0-9._~-]{43,128}$/, "expected 43 to 128 of A-Z a-z 0-9 - . _ ~");

/** A fresh verifier of 256 random bits. */
export function newVerifier(randomBytes: RandomBytes): string {
  return randomBytes(32).toString("base64url");
}

/** The S256 challenge of a verifier. */
export function challengeOf(verifier: string): string {
  return createHash("sha256").update(verifier, "ascii").digest("base64url");
}
