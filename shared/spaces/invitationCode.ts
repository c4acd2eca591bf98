/**
 * The code that binds a care group: 40 bits, mailed to the recipient, read out to the giver. SQL holds nothing a reader of the
 * database could find it from: only values keyed with CODE_KEY, which SQL never sees.
 */
import { createHmac } from "node:crypto";
import { base32 } from "../platform/ids.ts";

/** How long a code lives, counted from the asking. */
export const CODE_MINUTES = 30;
/** Wrong tries one code allows. */
export const CODE_TRIES = 5;
const CODE_BYTES = 5;

/** What a code is good for: this invitation, between the giver's account and the holder of the invited address. */
export interface CodeBinding {
  readonly invitationId: string;
  readonly giverId: string;
  /** Of the invited address. */
  readonly recipientKey: Buffer;
}

/**
 * The code of a seed: the first 40 bits of an HMAC, as 8 upper-case Crockford base32 characters. The same seed gives the same code, so
 * that a mail sent twice carries one code and not two of which one is dead.
 * @param seed 16 random bytes
 */
export function codeOf(key: Buffer, binding: CodeBinding, seed: Buffer): string {
  return base32(
    keyed(key, "code", ...parts(binding), seed.toString("base64")).subarray(0, CODE_BYTES),
  ).toUpperCase();
}

/** What is stored of a code, and what a try is compared with (in constant time). 32 bytes. */
export function codeHash(key: Buffer, binding: CodeBinding, code: string): Buffer {
  return keyed(key, "code hash", ...parts(binding), code);
}

/**
 * What is stored of an invited address, and counted by, whether or not it belongs to anyone. 32 bytes.
 * @param address in its canonical form
 */
export function recipientKey(key: Buffer, address: string): Buffer {
  return keyed(key, "recipient", address);
}

/**
 * What a giver's tries and invitations are counted by. 32 bytes; the same for a new account with the same verified address, since
 * otherwise erasing an account would bring new tries.
 */
export function giverKey(
  key: Buffer,
  giver: { readonly id: string; readonly address: string | null; readonly emailVerified: boolean },
): Buffer {
  return giver.emailVerified && giver.address !== null
    ? keyed(key, "giver's address", giver.address)
    : keyed(key, "giver", giver.id);
}

/**
 * A code as a person typed it, brought into the form it was made in: upper case, no spaces or hyphens, and the letters that
 * Crockford's base32 leaves out read as the digits they look like. What can't be a code stays wrong.
 */
export function normalCode(typed: string): string {
  return typed
    .normalize("NFKC")
    .toUpperCase()
    .replace(/[\s\p{Pd}]/gu, "")
    .replace(/[IL]/g, "1")
    .replace(/O/g, "0");
}

function parts({ invitationId, giverId, recipientKey }: CodeBinding): string[] {
  return [invitationId, giverId, recipientKey.toString("base64")];
}

/** HMAC-SHA256 over a purpose and its parts; as JSON, so that no two lists of parts read alike. */
function keyed(key: Buffer, purpose: string, ...values: string[]): Buffer {
  return createHmac("sha256", key)
    .update(JSON.stringify([`reverie ${purpose} v1`, ...values]))
    .digest();
}
