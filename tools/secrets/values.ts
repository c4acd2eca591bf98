/** Values of secrets that are random, how one replaces another, and what is public of them. */
import { generateKeyPairSync } from "node:crypto";
import { z } from "zod";
import type { RandomBytes } from "#shared/platform/ids.ts";

const jwks = z.object({ keys: z.array(z.record(z.string(), z.unknown())).min(1) });

/** How a secret's value is made; `previous` is the one that it replaces. */
type Make = (random: RandomBytes, previous?: string) => string;

/** The secrets that no one has to think up. The others come from elsewhere: a mail server, Google's OAuth client. */
export const generated: Readonly<Record<string, Make>> = {
  /** The first key signs. The one before it stays, so that its tokens are believed until they end. */
  TOKEN_SIGNING_KEYS(random, previous) {
    const kid = random(8).toString("hex");
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const key = { ...privateKey.export({ format: "jwk" }), kid, alg: "ES256", use: "sig" };
    const kept = previous === undefined ? [] : jwks.parse(JSON.parse(previous)).keys.slice(0, 1);
    return JSON.stringify({ keys: [key, ...kept] });
  },
  /** Several keys with commas between them, the current one first. */
  REFRESH_TOKEN_KEY(random, previous) {
    const kept = previous === undefined ? [] : previous.split(",").slice(0, 1);
    return [random(32).toString("base64"), ...kept].join(",");
  },
  /** Codes live for half an hour: those that were mailed before a rotation are refused after it. */
  CODE_KEY: (random) => random(32).toString("base64"),
  /** A request that is repeated across a rotation makes its uploads once more; those of the first try expire. */
  INPUT_KEY: (random) => random(32).toString("base64"),
};

/** The setting TOKEN_PUBLIC_KEYS that belongs to a value of TOKEN_SIGNING_KEYS. */
export function publicKeys(signingKeys: string): string {
  const { keys } = jwks.parse(JSON.parse(signingKeys));
  return JSON.stringify({
    keys: keys.map(({ kty, crv, x, y, kid, alg, use }) => ({ kty, crv, x, y, kid, alg, use })),
  });
}
