/** The local cloud as the doctor sees it: by the files that `npm start` writes, and by its addresses. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { importPKCS8, SignJWT } from "jose";
import { z } from "zod";
import { accountOf, type Grant } from "#shared/access/grant.ts";
import { bucketName } from "#shared/platform/storage/buckets.ts";
import { REGION } from "../build/region.ts";
import type { World } from "./world.ts";

const endpointsSchema = z.object({
  projectId: z.string(),
  api: z.url(),
  storage: z.url(),
  adminKeyFile: z.string(),
});
const environmentsSchema = z.record(z.string(), z.record(z.string(), z.string()));
const policySchema = z.object({
  bindings: z.array(
    z.object({ member: z.string(), role: z.string(), resource: z.string(), prefix: z.string().optional() }),
  ),
});
const keySchema = z.object({
  client_email: z.string(),
  private_key: z.string(),
  private_key_id: z.string(),
  token_uri: z.url(),
});

/**
 * @param endpointsFile the local cloud's `endpoints.json`; `environments.json` and `policy.json` are beside it
 * @throws Error when the local cloud doesn't run
 */
export function localWorld(endpointsFile: string, now: () => Date, request: typeof fetch = fetch): World {
  const read = <Schema extends z.ZodType>(file: string, schema: Schema) =>
    schema.parse(JSON.parse(readFileSync(file, "utf8")));
  const beside = (name: string) => join(dirname(endpointsFile), name);
  const endpoints = read(endpointsFile, endpointsSchema);
  const { projectId, api } = endpoints;
  // All functions are beside each other; this one has the address of another as a setting.
  const functionsAt = read(beside("environments.json"), environmentsSchema).jobs?.DISPATCH_URL ?? "";
  const addressOf = (name: string) => functionsAt.replace(/[^/]+$/, name);
  return {
    projectId,
    origin: api,
    now,
    request,
    environment: async (name) => read(beside("environments.json"), environmentsSchema)[name],
    addressOf,
    addressesOf: async (name) => [addressOf(name)],
    isReachable: () => true,
    adminToken: () => idToken(read(endpoints.adminKeyFile, keySchema), api, request),
    bucketAddress: (setting) => `${endpoints.storage}/${bucketName(projectId, setting)}`,
    async holds(account, grant) {
      const { bindings } = read(beside("policy.json"), policySchema);
      const member = accountOf(account, projectId);
      const resource = resourceOf(grant.on, account, projectId);
      const { prefix } = grant.on.type === "bucket" ? grant.on : {};
      return bindings.some(
        (binding) =>
          binding.member === member &&
          binding.role === grant.role &&
          binding.resource === resource &&
          binding.prefix === prefix,
      );
    },
    queueState: async () => undefined,
    deadMessages: async () => undefined,
  };
}

/** A resource by the name that the local cloud's policy has for it. */
function resourceOf(on: Grant["on"], self: string, projectId: string): string {
  switch (on.type) {
    case "project":
      return "project";
    case "bucket":
      // A setting that names a bucket is one of the buckets' data.
      return `projects/_/buckets/${bucketName(projectId, on.setting)}`;
    case "topic":
      return `projects/${projectId}/topics/${on.topic}`;
    case "queue":
      return `projects/${projectId}/locations/${REGION}/queues/${on.queue}`;
    case "serviceAccount":
      return `projects/-/serviceAccounts/${accountOf(on.account === "self" ? self : on.account, projectId)}`;
    case "secret":
      return `projects/${projectId}/secrets/${on.setting}`;
    case "service":
      return `services/${on.function}`;
  }
}

/** A key file's ID token, by a JWT bearer assertion (RFC 7523). */
async function idToken(
  key: z.infer<typeof keySchema>,
  audience: string,
  request: typeof fetch,
): Promise<string> {
  const assertion = await new SignJWT({ target_audience: audience })
    .setProtectedHeader({ alg: "RS256", kid: key.private_key_id })
    .setIssuer(key.client_email)
    .setSubject(key.client_email)
    .setAudience(key.token_uri)
    .setIssuedAt()
    .setExpirationTime("5m")
    .sign(await importPKCS8(key.private_key, "RS256"));
  const answer = await request(key.token_uri, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion }),
  });
  return z.object({ id_token: z.string() }).parse(await answer.json()).id_token;
}
