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
import { type Policy, resources } from "../iam/policy.ts";
import type { KeyRing, ServiceAccount } from "./keys.ts";
import { apiError, bearerToken, readJson } from "./requests.ts";
import { TOKEN_SECONDS, type Tokens } from "./tokens.ts";

export interface IamCredentialsDeps {
  readonly keys: KeyRing;
  readonly tokens: Tokens;
  readonly clock: Clock;
  /** Undefined: every account may act as every other. */
  readonly policy: Policy | undefined;
}

/** The permission that each method needs on the account that it is asked to act as. */
const PERMISSIONS: Readonly<Record<string, string>> = {
  signBlob: "iam.serviceAccounts.signBlob",
  generateIdToken: "iam.serviceAccounts.getOpenIdToken",
  generateAccessToken: "iam.serviceAccounts.getAccessToken",
};

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

export function iamCredentialsRoutes({ keys, tokens, clock, policy }: IamCredentialsDeps): Hono {
  const methods: Record<string, (c: Context, account: ServiceAccount) => Promise<Response>> = {
    signBlob: async (c, account) => {
      const read = await readJson(c, signBlobBody);
      if (!read.ok) return apiError(c, 400, "INVALID_ARGUMENT", read.why);
      // On libuv's thread pool: an RSA signature takes about a millisecond, and a page of results asks for many.
      const key = await account.key();
      const signature = await signAsync(
        "RSA-SHA256",
        Buffer.from(read.body.payload, "base64"),
        key.privateKey,
      );
      return c.json({ keyId: key.kid, signedBlob: signature.toString("base64") });
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
    const [name, method] = Object.entries(methods).find(([name]) => name === target.slice(colon + 1)) ?? [];
    if (colon < 0 || name === undefined || method === undefined)
      return apiError(c, 404, "NOT_FOUND", "There is no such method.");

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
    if (account === undefined)
      return apiError(c, 404, "NOT_FOUND", "Not found; Gaia id not found for the service account.");
    const permission = PERMISSIONS[name] ?? "";
    const denied =
      caller !== undefined &&
      policy?.allows(caller.email, permission, resources.serviceAccount(account.email)) === false;
    return denied ? permissionDenied(c, permission) : method(c, account);
  });
  return routes;
}

/** What IAM answers to an account that has no role for this (a stranger isn't to learn whether the resource is there). */
function permissionDenied(c: Context, permission: string): Response {
  return c.json(
    {
      error: {
        code: 403,
        message: `Permission '${permission}' denied on resource (or it may not exist).`,
        status: "PERMISSION_DENIED",
        details: [
          {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            reason: "IAM_PERMISSION_DENIED",
            domain: "iam.googleapis.com",
            metadata: { permission },
          },
        ],
      },
    },
    403,
  );
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
