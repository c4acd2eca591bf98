/**
 * The IAM Credentials API (https://cloud.google.com/iam/docs/reference/credentials/rest): signing and tokens in the name of a
 * service account without holding its key, which is how the deployed functions sign URLs.
 */
import { sign } from "node:crypto";
import { promisify } from "node:util";
import { getConnInfo } from "@hono/node-server/conninfo";
import { type Context, Hono } from "hono";
import { z } from "zod";
import { type Clock, plusSeconds } from "#shared/platform/clock.ts";
import type { KeyRing, ServiceAccount } from "./keys.ts";
import { apiError, bearerToken, readJson } from "./requests.ts";
import { TOKEN_SECONDS, type Tokens } from "./tokens.ts";

export interface IamCredentialsDeps {
  readonly keys: KeyRing;
  readonly tokens: Tokens;
  readonly clock: Clock;
}

const delegates = z.array(z.string()).max(10).optional();
const signBlobBody = z.strictObject({ payload: z.base64(), delegates });
const idTokenBody = z.strictObject({
  audience: z.string().min(1),
  includeEmail: z.boolean().default(false),
  useEmailAzp: z.boolean().optional(),
  delegates,
});
const accessTokenBody = z.strictObject({
  scope: z.array(z.string().min(1)).min(1),
  /** Seconds, as protobuf writes a duration: `300s`. */
  lifetime: z
    .string()
    .regex(/^\d{1,5}s$/)
    .transform((text) => Number(text.slice(0, -1)))
    .refine((seconds) => seconds >= 1 && seconds <= TOKEN_SECONDS, `expected 1s to ${TOKEN_SECONDS}s`)
    .default(TOKEN_SECONDS),
  delegates,
});

const signAsync = promisify(sign);

export function iamCredentialsRoutes({ keys, tokens, clock }: IamCredentialsDeps): Hono {
  const methods: Record<string, (c: Context, account: ServiceAccount) => Promise<Response>> = {
    signBlob: async (c, account) => {
      const read = await readJson(c, signBlobBody);
      if (!read.ok) return apiError(c, 400, "INVALID_ARGUMENT", read.why);
      // On libuv's thread pool: an RSA signature takes about a millisecond, and a page of results asks for many.
      const signature = await signAsync(
        "RSA-SHA256",
        Buffer.from(read.body.payload, "base64"),
        account.key.privateKey,
      );
      return c.json({ keyId: account.key.kid, signedBlob: signature.toString("base64") });
    },
    generateIdToken: async (c, account) => {
      const read = await readJson(c, idTokenBody);
      if (!read.ok) return apiError(c, 400, "INVALID_ARGUMENT", read.why);
      return c.json({
        token: await tokens.serviceIdToken(account, read.body.audience, read.body.includeEmail),
      });
    },
    generateAccessToken: async (c, account) => {
      const read = await readJson(c, accessTokenBody);
      if (!read.ok) return apiError(c, 400, "INVALID_ARGUMENT", read.why);
      const { scope, lifetime } = read.body;
      return c.json({
        accessToken: tokens.serviceAccessToken(account, scope.join(" "), lifetime),
        expireTime: plusSeconds(clock(), lifetime)
          .toISOString()
          .replace(/\.\d+Z$/, "Z"),
      });
    },
  };

  const routes = new Hono();
  routes.post("/v1/projects/:project/serviceAccounts/:target", async (c) => {
    const target = c.req.param("target");
    const colon = target.lastIndexOf(":");
    const method = Object.entries(methods).find(([name]) => name === target.slice(colon + 1))?.[1];
    if (colon < 0 || method === undefined) return apiError(c, 404, "NOT_FOUND", "There is no such method.");

    // Cloud Tasks and Cloud Scheduler mint as Google's own service agents, which no token here stands for: a neighbour on
    // loopback that shows none plays one of them, for this method only.
    const isAgent =
      method === methods.generateIdToken && c.req.header("authorization") === undefined && fromLoopback(c);
    const token = bearerToken(c);
    const caller = token === undefined ? undefined : tokens.readAccessToken(token);
    if (caller === undefined && !isAgent)
      return apiError(
        c,
        401,
        "UNAUTHENTICATED",
        "Request had invalid authentication credentials. Expected OAuth 2 access token.",
      );
    if (caller?.kind === "person")
      return apiError(c, 403, "PERMISSION_DENIED", "Only service accounts may act as one.");
    const account = accountNamed(keys, target.slice(0, colon));
    return account === undefined
      ? apiError(c, 404, "NOT_FOUND", "Not found; Gaia id not found for the service account.")
      : method(c, account);
  });
  return routes;
}

/** By address or by number, as Google's API takes both. */
function accountNamed(keys: KeyRing, name: string): ServiceAccount | undefined {
  return (
    keys.accounts.get(name.toLowerCase()) ??
    [...keys.accounts.values()].find(({ uniqueId }) => uniqueId === name)
  );
}

function fromLoopback(c: Context): boolean {
  return /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/.test(getConnInfo(c).remote.address ?? "");
}
