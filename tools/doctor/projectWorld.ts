/**
 * A deployment as the doctor sees it: by Google's REST APIs, as the person who runs it (application default credentials). Roles are asked
 * for as each account itself, so that person needs roles/iam.serviceAccountTokenCreator on the accounts: Terraform's `operators`.
 */
import { z } from "zod";
import { accountOf, type Grant } from "#shared/access/grant.ts";
import { permissionsOf } from "#shared/access/roles.ts";
import { type FunctionName, functions } from "#shared/manifest.ts";
import { bucketName } from "#shared/platform/storage/buckets.ts";
import type { Environment, World } from "./world.ts";

export interface ProjectDeps {
  readonly projectId: string;
  readonly region: string;
  /** Of the person who runs the doctor. */
  readonly accessToken: () => Promise<string>;
  readonly now: () => Date;
  readonly request: typeof fetch;
}

const functionSchema = z.object({
  url: z.string().default(""),
  serviceConfig: z.object({
    uri: z.string(),
    ingressSettings: z.string().default("ALLOW_ALL"),
    environmentVariables: z.record(z.string(), z.string()).default({}),
    secretEnvironmentVariables: z.array(z.object({ key: z.string(), secret: z.string() })).default([]),
  }),
});
type Deployed = z.infer<typeof functionSchema>;
const SCOPE = "https://www.googleapis.com/auth/cloud-platform";

/** @throws Error when no function is deployed, or this person may not look */
export async function projectWorld(deps: ProjectDeps): Promise<World> {
  const { projectId, region, now, request } = deps;
  const ask = askAs(deps.accessToken, request, projectId);
  const parent = `projects/${projectId}/locations/${region}`;
  const deployed = new Map<string, Deployed>();
  // Object.keys forgets that the keys are exactly the functions' names.
  for (const name of Object.keys(functions) as FunctionName[]) {
    const found = await ask(`https://cloudfunctions.googleapis.com/v2/${parent}/functions/${name}`);
    if (found !== undefined) deployed.set(name, functionSchema.parse(found));
  }
  const origin = [...deployed.values()]
    .map(({ serviceConfig }) => serviceConfig.environmentVariables.PUBLIC_ORIGIN)
    .find((value) => value !== undefined);
  if (origin === undefined) throw new Error(`no function is deployed in ${parent}`);
  const admin = deployed
    .get("admin")
    ?.serviceConfig.environmentVariables.ADMIN_CALLERS?.split(",")[0]
    ?.trim();
  const credentials = (account: string) =>
    `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${account}`;
  const tokens = new Map<string, Promise<string>>();
  const tokenOf = (account: string) => {
    const known = tokens.get(account) ?? impersonated(account);
    tokens.set(account, known);
    return known;
  };
  const impersonated = async (account: string) => {
    const answer = await ask(`${credentials(account)}:generateAccessToken`, {
      scope: [SCOPE],
      lifetime: "600s",
    });
    return z.object({ accessToken: z.string() }).parse(answer).accessToken;
  };

  return {
    projectId,
    origin,
    now,
    request,

    async environment(name) {
      const found = deployed.get(name);
      if (found === undefined) return undefined;
      const { environmentVariables, secretEnvironmentVariables } = found.serviceConfig;
      const secrets = await Promise.all(
        secretEnvironmentVariables.map(async ({ key, secret }): Promise<[string, { hasValue: boolean }]> => {
          const answer = await ask(
            `https://secretmanager.googleapis.com/v1/projects/${projectId}/secrets/${secret}/versions?filter=state:ENABLED&pageSize=1`,
          );
          const { versions } = z.object({ versions: z.array(z.unknown()).default([]) }).parse(answer ?? {});
          return [key, { hasValue: versions.length > 0 }];
        }),
      );
      const environment: Environment = { ...environmentVariables, ...Object.fromEntries(secrets) };
      return environment;
    },

    addressOf: (name) => (deployed.get(name)?.serviceConfig.uri ?? "").replace(/\/$/, ""),

    async addressesOf(name) {
      const service = await ask(`https://run.googleapis.com/v2/${parent}/services/${name}`);
      return z.object({ urls: z.array(z.string()).default([]) }).parse(service ?? {}).urls;
    },

    isReachable: (name) => deployed.get(name)?.serviceConfig.ingressSettings === "ALLOW_ALL",

    async adminToken() {
      if (admin === undefined) throw new Error("ADMIN_CALLERS names no account");
      const answer = await ask(`${credentials(admin)}:generateIdToken`, {
        audience: origin,
        includeEmail: true,
      });
      return z.object({ token: z.string() }).parse(answer).token;
    },

    bucketAddress: (setting) => `https://storage.googleapis.com/${bucketName(projectId, setting)}`,

    async holds(account, grant) {
      // A condition on an object's name holds for no request without one.
      if (grant.on.type === "bucket" && grant.on.prefix !== undefined) return undefined;
      const permissions = permissionsOf(grant.role);
      const email = accountOf(account, projectId);
      const asAccount = askAs(() => tokenOf(email), request);
      const answer = await testPermissions(asAccount, grant.on, { account, permissions, projectId, region });
      const held = z.object({ permissions: z.array(z.string()).default([]) }).parse(answer ?? {}).permissions;
      return permissions.every((permission) => held.includes(permission));
    },

    async queueState(name) {
      const found = await ask(`https://cloudtasks.googleapis.com/v2/${parent}/queues/${name}`);
      return found === undefined ? "ABSENT" : z.object({ state: z.string() }).parse(found).state;
    },

    async deadMessages(topic) {
      const until = now();
      const query = new URLSearchParams({
        filter: `metric.type = "pubsub.googleapis.com/subscription/num_undelivered_messages" AND resource.labels.subscription_id = "${topic}-dead"`,
        "interval.startTime": new Date(until.getTime() - 600_000).toISOString(),
        "interval.endTime": until.toISOString(),
      });
      const answer = await ask(
        `https://monitoring.googleapis.com/v3/projects/${projectId}/timeSeries?${query}`,
      );
      const point = z.object({ value: z.object({ int64Value: z.coerce.number() }) });
      const { timeSeries } = z
        .object({ timeSeries: z.array(z.object({ points: z.array(point) })).default([]) })
        .parse(answer ?? {});
      return timeSeries[0]?.points[0]?.value.int64Value;
    },
  };
}

type Ask = (url: string, body?: object) => Promise<unknown>;

/**
 * Asks one of Google's APIs.
 * @param quotaProject whose quota a person's requests count against; without it many APIs refuse them. An account's count against its own project
 * @returns undefined for what isn't there; throws with the host and the status for the rest
 */
function askAs(accessToken: () => Promise<string>, request: typeof fetch, quotaProject?: string): Ask {
  return async (url, body) => {
    const response = await request(url, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        authorization: `Bearer ${await accessToken()}`,
        "content-type": "application/json",
        ...(quotaProject === undefined ? {} : { "x-goog-user-project": quotaProject }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`${new URL(url).host} answered ${response.status}`);
    return response.json();
  };
}

/** Asks, as the account itself, which of the permissions it has there. */
function testPermissions(
  ask: Ask,
  on: Grant["on"],
  of: { account: string; permissions: readonly string[]; projectId: string; region: string },
): Promise<unknown> {
  const { projectId, region, permissions } = of;
  const body = { permissions };
  const parent = `projects/${projectId}/locations/${region}`;
  switch (on.type) {
    case "project":
      return ask(
        `https://cloudresourcemanager.googleapis.com/v1/projects/${projectId}:testIamPermissions`,
        body,
      );
    case "bucket": {
      const query = permissions.map((permission) => `permissions=${permission}`).join("&");
      const bucket = bucketName(projectId, on.setting);
      return ask(`https://storage.googleapis.com/storage/v1/b/${bucket}/iam/testPermissions?${query}`);
    }
    case "topic":
      return ask(
        `https://pubsub.googleapis.com/v1/projects/${projectId}/topics/${on.topic}:testIamPermissions`,
        body,
      );
    case "queue":
      return ask(
        `https://cloudtasks.googleapis.com/v2/${parent}/queues/${on.queue}:testIamPermissions`,
        body,
      );
    case "serviceAccount": {
      const email = accountOf(on.account === "self" ? of.account : on.account, projectId);
      return ask(
        `https://iam.googleapis.com/v1/projects/-/serviceAccounts/${email}:testIamPermissions`,
        body,
      );
    }
    case "secret":
      return ask(
        `https://secretmanager.googleapis.com/v1/projects/${projectId}/secrets/${on.setting}:testIamPermissions`,
        body,
      );
    case "service":
      return ask(`https://run.googleapis.com/v2/${parent}/services/${on.function}:testIamPermissions`, body);
  }
}
