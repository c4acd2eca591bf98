/** Every check of the doctor, in the order in which one is a reason for the next. None changes anything. */
import { z } from "zod";
import { accountOf, type Grant } from "#shared/access/grant.ts";
import { grantsOf, otherAccounts } from "#shared/access/grants.ts";
import { functions } from "#shared/manifest.ts";
import { type SettingName, settingSchemas } from "#shared/platform/config/settings.ts";
import { topics } from "#shared/platform/pubsub/topics.ts";
import { sqlRoleOf, sqlUserOf } from "#shared/platform/sql/roles.ts";
import { type BucketSetting, buckets } from "#shared/platform/storage/buckets.ts";
import { type QueueName, queues } from "#shared/platform/tasks/queues.ts";
import { functionNames } from "../build/functions.ts";
import { sourceOf } from "../deploy/settingSources.ts";
import type { Environment, Finding, World } from "./world.ts";

interface Check {
  readonly about: Finding["about"];
  /** A sentence for each thing that isn't well, with what to do; none if all is. */
  readonly look: (world: World) => Promise<Problems>;
}
interface Problems {
  readonly problems: readonly string[];
  /** What can be said when there are none. */
  readonly well: string;
}

const APPLY = "correct the tfvars and apply";
const MOST_SKEW_SECONDS = 5;
/** A comparison that is due for this long hangs, or is not called. */
const OVERDUE_HOURS = 6;
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i;

export const checks: Readonly<Record<string, Check>> = {
  settings: {
    about: "configuration",
    async look(world) {
      const problems: string[] = [];
      for (const [name, environment] of await environments(world)) {
        if (environment === undefined) {
          problems.push(`${name} is not deployed: apply`);
          continue;
        }
        for (const setting of functions[name].settings) {
          const why = settingProblem(setting, environment[setting]);
          if (why !== undefined) problems.push(`${name}: ${setting} ${why}: ${howToGive(setting)}`);
        }
      }
      return { problems, well: `all ${functionNames.length} functions have the settings of their entries` };
    },
  },

  keys: {
    about: "configuration",
    async look(world) {
      const published = await keyIdsAt(world);
      const problems: string[] = [];
      for (const [name, environment] of await environments(world)) {
        const given = environment?.TOKEN_PUBLIC_KEYS;
        if (typeof given !== "string") continue;
        const known =
          settingSchemas.TOKEN_PUBLIC_KEYS.safeParse(given).data?.keys.map(({ kid }) => kid) ?? [];
        const unknown = published.filter((kid) => !known.includes(kid));
        if (unknown.length > 0)
          problems.push(
            `${name} does not know the key ${unknown.join(", ")} that auth signs with: put the TOKEN_PUBLIC_KEYS that npm run secrets prints into the tfvars and apply`,
          );
      }
      return {
        problems,
        well: `every function knows the keys that auth publishes (${published.join(", ")})`,
      };
    },
  },

  "ways in": {
    about: "configuration",
    async look(world) {
      const problems: string[] = [];
      if (!(await answersStatus(world)))
        problems.push(
          `${world.origin}/v1/status does not answer as jobs does: is the edge deployed, and the function jobs?`,
        );
      const own = await world.addressesOf("dispatch");
      for (const [name, environment] of await environments(world)) {
        const dispatch = environment?.DISPATCH_URL;
        if (typeof dispatch !== "string") continue;
        if (!own.includes(dispatch.replace(/\/$/, "")))
          problems.push(`${name} has ${dispatch} as DISPATCH_URL, which is not dispatch's address: ${APPLY}`);
      }
      const [address] = own;
      // From outside, a function with internal ingress looks as if it were not there.
      if (world.isReachable("dispatch") && address !== undefined && !(await refuses(world, address)))
        problems.push(`dispatch does not answer at ${address}: is it deployed?`);
      return {
        problems,
        well: `${world.origin} answers, and tasks are sent to dispatch's own address`,
      };
    },
  },

  "caller's address": {
    about: "configuration",
    async look(world) {
      const [through, directly] = await Promise.all([
        diagnosisAt(world, world.origin),
        diagnosisAt(world, world.addressOf("admin")),
      ]);
      const edge = await edgeOf(world);
      const seen = `this machine is counted as "${through?.callerCountedAs ?? "nothing"}" through the origin and as "${directly?.callerCountedAs ?? "refused"}" at the function's own address`;
      const problems: string[] = [];
      if (through === undefined)
        problems.push(`the origin gives an administrator no diagnosis: is this account in ADMIN_CALLERS?`);
      else if (through.callerCountedAs === "unknown")
        problems.push(`${seen}: EDGE says ${edge}, which is not what stands in front; ${APPLY}`);
      else if (edge === "hosting" && !through.callerCountedAs.includes(" via "))
        problems.push(
          `${seen}: no request came through Hosting's headers; set edge to what stands in front, and apply`,
        );
      if (edge === "loadBalancer" && directly !== undefined)
        problems.push(`${seen}: admin can be called past the load balancer; restrict its ingress and apply`);
      return { problems, well: seen };
    },
  },

  clock: {
    about: "configuration",
    async look(world) {
      const before = world.now().getTime();
      const diagnosis = await diagnosisAt(world, world.origin);
      if (diagnosis === undefined) return unknown("the clock");
      const middle = (before + world.now().getTime()) / 2;
      const skew = Math.round((Date.parse(diagnosis.at) - middle) / 1000);
      return {
        problems:
          Math.abs(skew) > MOST_SKEW_SECONDS
            ? [
                `this machine's clock is ${-skew} s ahead of the functions': set it by NTP, or tokens and signed URLs are refused`,
              ]
            : [],
        well: "this machine and the functions have the same time",
      };
    },
  },

  SQL: {
    about: "configuration",
    async look(world) {
      const problems: string[] = [];
      for (const [name, environment] of await environments(world)) {
        const url = environment?.DATABASE_URL;
        if (typeof url !== "string") continue;
        const login = new URL(url);
        const user = decodeURIComponent(login.username);
        const expected = sqlUserOf(accountOf(name, world.projectId));
        if (user !== expected)
          problems.push(`${name} logs in to Postgres as ${user} and not as ${expected}: ${APPLY}`);
        const mode = login.searchParams.get("sslmode") ?? "disable";
        if (!LOOPBACK.test(login.hostname) && !mode.startsWith("verify-"))
          problems.push(`${name} does not verify the database's certificate (sslmode=${mode}): ${APPLY}`);
      }
      const sql = (await diagnosisAt(world, world.origin))?.sql;
      if (sql === undefined) problems.push("admin can't say how it is logged in to Postgres: see its log");
      else if (sql.roles.join() !== sqlRoleOf("admin"))
        problems.push(
          `${sql.user} is a member of ${sql.roles.join(", ") || "no role"} and not of ${sqlRoleOf("admin")} alone: run the migrations' job`,
        );
      const how = sql?.encrypted ? "with TLS" : "on this machine, without TLS";
      return { problems, well: `each function logs in to Postgres as its own user, ${how}` };
    },
  },

  roles: {
    about: "configuration",
    async look(world) {
      const all: [string, readonly Grant[]][] = [
        ...functionNames.map((name): [string, readonly Grant[]] => [name, grantsOf(name)]),
        ...Object.entries(otherAccounts),
      ];
      const problems: string[] = [];
      let held = 0;
      for (const [account, grants] of all) {
        for (const grant of grants.filter(isDeployed)) {
          const holds = await world.holds(account, grant);
          if (holds) held += 1;
          if (holds === false)
            problems.push(
              `the account ${account} lacks ${grant.role} on ${describe(grant)}, with which it ${grant.why}: apply`,
            );
        }
      }
      return { problems, well: `all ${held} grants are there` };
    },
  },

  CORS: {
    about: "configuration",
    async look(world) {
      const environment = await world.environment("auth");
      const allowed = environment?.ALLOWED_ORIGINS;
      const pages = [world.origin, ...(settingSchemas.ALLOWED_ORIGINS.safeParse(allowed).data ?? [])];
      const problems: string[] = [];
      // Object.keys forgets that the keys are exactly the settings of buckets.
      for (const setting of Object.keys(buckets) as BucketSetting[]) {
        for (const page of pages)
          if ((await preflight(world, setting, page)) === undefined)
            problems.push(
              `${setting} refuses pages of ${page}: put it into ALLOWED_ORIGINS in the tfvars and apply`,
            );
        if ((await preflight(world, setting, STRANGER)) !== undefined)
          problems.push(
            `${setting} lets pages of any origin use its signed URLs: apply, which sets its CORS`,
          );
      }
      return {
        problems,
        well: `both buckets let pages of ${pages.join(", ")} use signed URLs, and no others`,
      };
    },
  },

  queues: {
    about: "configuration",
    async look(world) {
      const states = await queueStates(world);
      return {
        problems: states
          .filter(([, state]) => state === "ABSENT")
          .map(([name]) => `there is no queue ${name}: apply`),
        well: `all ${states.length} queues are there`,
      };
    },
  },

  "paused queues": {
    about: "state",
    async look(world) {
      const states = await queueStates(world);
      const seen = states.filter(([, state]) => state !== undefined);
      return {
        problems: seen
          .filter(([, state]) => state !== "RUNNING" && state !== "ABSENT")
          .map(
            ([name, state]) =>
              `the queue ${name} is ${state?.toLowerCase()}: gcloud tasks queues resume ${name}`,
          ),
        well: seen.length === 0 ? "queues can't be paused here" : `all ${seen.length} queues run`,
      };
    },
  },

  quarantine: {
    about: "state",
    async look(world) {
      const diagnosis = await diagnosisAt(world, world.origin);
      if (diagnosis === undefined) return unknown("the quarantine");
      const { quarantined } = diagnosis;
      return {
        problems:
          quarantined > 0
            ? [`${quarantined} in quarantine: docs/runbooks/quarantine-not-empty.md says what to do`]
            : [],
        well: "the quarantine is empty",
      };
    },
  },

  "dead letters": {
    about: "state",
    async look(world) {
      const diagnosis = await diagnosisAt(world, world.origin);
      const problems: string[] = [];
      if (diagnosis === undefined) return unknown("failed jobs");
      if (diagnosis.failedJobs > 0)
        problems.push(
          `${diagnosis.failedJobs} failed for good in the last day: GET /v1/admin/dead-letters says why, POST …/retry tries again`,
        );
      for (const topic of Object.keys(topics)) {
        const dead = (await world.deadMessages(topic)) ?? 0;
        if (dead > 0)
          problems.push(
            `${dead} messages of ${topic} were given up: docs/runbooks/dead-letters.md says what to do`,
          );
      }
      return { problems, well: "no job failed in the last day, and no message was given up" };
    },
  },

  reconciliation: {
    about: "state",
    async look(world) {
      const diagnosis = await diagnosisAt(world, world.origin);
      if (diagnosis === undefined) return unknown("the reconciliation");
      const { nextReconciliationAt: next, at } = diagnosis;
      if (next === null)
        return {
          problems: [],
          well: "the stores were not compared yet: sweep does so in its first quarter of an hour",
        };
      const hours = (Date.parse(at) - Date.parse(next)) / 3_600_000;
      return {
        problems:
          hours > OVERDUE_HOURS
            ? [
                `the comparison of both stores is due since ${next}: docs/runbooks/sweep-silent.md says what to look at`,
              ]
            : [],
        well: `the next comparison of both stores is due at ${next}`,
      };
    },
  },

  "compiled code": {
    about: "configuration",
    async look(world) {
      const diagnosis = await diagnosisAt(world, world.origin);
      if (diagnosis === undefined) return unknown("compiled code");
      return {
        problems:
          diagnosis.compiledFiles === 0
            ? [
                "admin found no compiled code when it started: docs/runbooks/slow-cold-starts.md says what to look at",
              ]
            : [],
        well: `instances start with compiled code (${diagnosis.compiledFiles} files)`,
      };
    },
  },
};

/** An origin that no deployment allows. */
const STRANGER = "https://stranger.invalid";

function unknown(what: string): Problems {
  return {
    problems: [`${what} can't be seen, since admin gives no diagnosis: see the check "caller's address"`],
    well: "",
  };
}

async function queueStates(world: World) {
  // Object.keys forgets that the keys are exactly the queues' names.
  const names = Object.keys(queues) as QueueName[];
  return Promise.all(names.map(async (name) => [name, await world.queueState(name)] as const));
}

async function environments(world: World) {
  return Promise.all(functionNames.map(async (name) => [name, await world.environment(name)] as const));
}

function settingProblem(setting: SettingName, given: Environment[string] | undefined): string | undefined {
  if (typeof given === "object") return given.hasValue ? undefined : "has no value";
  const parsed = settingSchemas[setting].safeParse(given === "" ? undefined : given);
  if (parsed.success) return undefined;
  // The message names what was expected, never the value.
  return given === undefined
    ? "is missing"
    : `is malformed (${parsed.error.issues[0]?.message ?? "unexpected"})`;
}

function howToGive(setting: SettingName): string {
  return sourceOf(setting).from === "secret" ? "npm run secrets, then a new revision" : APPLY;
}

const jwks = z.object({ keys: z.array(z.object({ kid: z.string() })) });

async function keyIdsAt(world: World): Promise<string[]> {
  const answer = await fetched(world, `${world.origin}/v1/auth/jwks.json`);
  if (!answer?.ok) return [];
  return jwks.parse(await answer.json()).keys.map(({ kid }) => kid);
}

async function edgeOf(world: World): Promise<string> {
  const edge = (await world.environment("admin"))?.EDGE;
  return typeof edge === "string" ? edge : "hosting";
}

const diagnosisSchema = z.object({
  at: z.string(),
  callerCountedAs: z.string(),
  sql: z.object({ user: z.string(), roles: z.array(z.string()), encrypted: z.boolean() }),
  quarantined: z.number(),
  failedJobs: z.number(),
  nextReconciliationAt: z.string().nullable(),
  compiledFiles: z.number(),
});

/** @returns undefined when the function can't be reached there, or refuses */
async function diagnosisAt(world: World, base: string): Promise<z.infer<typeof diagnosisSchema> | undefined> {
  const authorization = `Bearer ${await world.adminToken()}`;
  const answer = await fetched(world, `${base}/v1/admin/diagnosis`, { headers: { authorization } });
  return answer?.ok ? diagnosisSchema.parse(await answer.json()) : undefined;
}

const statusSchema = z.object({ engines: z.object({ idle: z.number() }), at: z.string() });

/** Whether the status is `jobs`' own, and not a page of something else that stands there. */
async function answersStatus(world: World): Promise<boolean> {
  const answer = await fetched(world, `${world.origin}/v1/status`);
  if (!answer?.ok) return false;
  const body: unknown = await answer.json().catch(() => undefined);
  return statusSchema.safeParse(body).success;
}

/** Whether a private function, or Cloud Run's IAM before it, refuses a request without a token. */
async function refuses(world: World, address: string): Promise<boolean> {
  const answer = await fetched(world, address, { method: "POST" });
  return answer?.status === 401 || answer?.status === 403;
}

/** What a browser asks before a page uses a signed URL. @returns the origin that is allowed */
async function preflight(world: World, setting: BucketSetting, page: string): Promise<string | undefined> {
  const [method] = buckets[setting].cors.methods;
  const answer = await fetched(world, `${world.bucketAddress(setting)}/doctor`, {
    method: "OPTIONS",
    headers: {
      origin: page,
      "access-control-request-method": method,
      "access-control-request-headers": "content-type",
    },
  });
  return answer?.headers.get("access-control-allow-origin") ?? undefined;
}

/** @returns undefined when nothing answers */
async function fetched(world: World, url: string, init: RequestInit = {}): Promise<Response | undefined> {
  try {
    return await world.request(url, { redirect: "manual", signal: AbortSignal.timeout(30_000), ...init });
  } catch {
    return undefined;
  }
}

function isDeployed({ on }: Grant): boolean {
  return on.type !== "secret" || sourceOf(on.setting).from === "secret";
}

function describe({ on }: Grant): string {
  const { type, ...of } = on;
  return [type, ...Object.values(of)].join(" ");
}
