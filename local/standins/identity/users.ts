/** For scripts and tests: an ID token as the Google sign-in of a phone hands it to the app. */
import { Hono } from "hono";
import { z } from "zod";
import { isAddress } from "#shared/platform/mail/address.ts";
import type { OAuthClient } from "./authorize.ts";
import { accountNumber } from "./keys.ts";
import { apiError, readJson } from "./requests.ts";
import type { Tokens } from "./tokens.ts";

const user = z.strictObject({
  email: z.string().trim().max(254).refine(isAddress, "expected an e-mail address"),
  name: z.string().min(1).max(200).optional(),
  emailVerified: z.boolean().default(true),
  /** To play a person whose address changed: the account number otherwise follows from the address. */
  sub: z.string().min(1).max(255).optional(),
  nonce: z.string().min(1).max(500).optional(),
  /** The first registered client unless said otherwise. */
  audience: z.string().min(1).max(500).optional(),
});

export function userRoutes(clients: readonly OAuthClient[], tokens: Tokens): Hono {
  const routes = new Hono();
  routes.post("/users", async (c) => {
    const read = await readJson(c, user);
    if (!read.ok) return apiError(c, 400, "INVALID_ARGUMENT", read.why);
    const { email, name, emailVerified, nonce } = read.body;
    const audience = read.body.audience ?? clients[0]?.clientId;
    if (audience === undefined)
      return apiError(
        c,
        400,
        "INVALID_ARGUMENT",
        "audience: expected, because no OAuth client is registered",
      );
    const sub = read.body.sub ?? accountNumber(email);
    const idToken = await tokens.personIdToken(
      { sub, email, emailVerified, name },
      { audience, scopes: ["openid", "email", "profile"], nonce },
    );
    return c.json({ idToken, sub }, 200, { "cache-control": "no-store" });
  });
  return routes;
}
