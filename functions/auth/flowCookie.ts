/**
 * What the browser flow must remember between its two requests, sealed into the cookie `__session`: the only one that Firebase Hosting
 * lets through (https://firebase.google.com/docs/hosting/manage-cache#using_cookies). Nothing is stored on our side.
 */
import { hkdfSync } from "node:crypto";
import { EncryptJWT, errors, jwtDecrypt } from "jose";
import { z } from "zod";

export const FLOW_COOKIE = "__session";
/** How long a person may take on Google's pages. */
export const FLOW_SECONDS = 600;

const flowSchema = z.object({
  /** Toward Google. */
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  /** The app's: where to go back to, its PKCE challenge, its own state. */
  redirectUri: z.string(),
  challenge: z.string(),
  appState: z.string().optional(),
});
export type Flow = z.infer<typeof flowSchema>;

const PURPOSE = "reverie sign-in flow";

/** @param secrets the keys of REFRESH_TOKEN_KEY; the cookie's keys are derived from them, the first seals, all open */
export function flowSealer(secrets: readonly Buffer[]): {
  seal(flow: Flow, now: Date): Promise<string>;
  /** The flow, or undefined for a cookie that is expired or not ours. */
  open(cookie: string, now: Date): Promise<Flow | undefined>;
} {
  const keys = secrets.map((secret) => new Uint8Array(hkdfSync("sha256", secret, "", PURPOSE, 32)));
  return {
    async seal(flow, now) {
      const [key] = keys;
      if (!key) throw new Error("there is no key to seal the flow cookie with");
      const issuedAt = Math.floor(now.getTime() / 1000);
      return new EncryptJWT({ ...flow })
        .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
        .setAudience(PURPOSE)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + FLOW_SECONDS)
        .encrypt(key);
    },
    async open(cookie, now) {
      for (const key of keys) {
        try {
          const { payload } = await jwtDecrypt(cookie, key, {
            keyManagementAlgorithms: ["dir"],
            contentEncryptionAlgorithms: ["A256GCM"],
            audience: PURPOSE,
            requiredClaims: ["exp"],
            currentDate: now,
          });
          return flowSchema.parse(payload);
        } catch (error) {
          if (!(error instanceof errors.JOSEError || error instanceof z.ZodError)) throw error;
        }
      }
      return undefined;
    },
  };
}
