/** The environment of each function in the local cloud. */

import { type FunctionName, functions, nodeOptions } from "#shared/manifest.ts";
import { type SettingName, settingSchemas } from "#shared/platform/config/settings.ts";
import { COMPILED } from "#tools/build/functions.ts";
import { REGION } from "#tools/build/region.ts";
import { loginUrl } from "../postgres/logins.ts";
import { LOOPBACK } from "../processes/ports.ts";
import { APP_REDIRECT_URIS, accounts, buckets, type CloudPlan, oauthClientIds, PROJECT_ID } from "./plan.ts";
import type { Secrets } from "./secrets.ts";

/** Limits are this many times what they are in production, so that tests and load don't meet them by accident. */
const ROOMIER = 10;

/** What the functions' platform tells them, beside the settings. */
export interface LocalEnvironment {
  readonly [name: string]: string;
}

/**
 * Each function's environment: the settings its manifest entry lists and no others, and what leads Google's libraries to the
 * stand-ins. Each logs in to Postgres as its own user (`makeLogins`). The emulators' own addresses are added by the functions emulator.
 */
export function functionEnvironments(
  plan: CloudPlan,
  secrets: Secrets,
  ownerUrl: string,
  names: readonly FunctionName[],
): Record<string, LocalEnvironment> {
  const values = settingValues(plan, secrets);
  const environments: Record<string, LocalEnvironment> = {};
  for (const name of names) {
    const { metadata, tasks } = plan.functionPorts[name];
    const environment: Record<string, string> = platform(plan, metadata, functions[name].memoryMiB);
    const own: typeof values = {
      ...values,
      TASKS_ENDPOINT: `${LOOPBACK}:${tasks}`,
      DATABASE_URL: loginUrl(ownerUrl, PROJECT_ID, name),
    };
    for (const setting of functions[name].settings) {
      const value = own[setting];
      if (value !== undefined) environment[setting] = value;
    }
    environments[name] = environment;
  }
  return environments;
}

function platform({ urls }: CloudPlan, metadataPort: number, memoryMiB: number): Record<string, string> {
  return {
    NODE_ENV: "production",
    // Filled by the build, as in a deployed image.
    NODE_COMPILE_CACHE: COMPILED,
    NODE_OPTIONS: nodeOptions(memoryMiB),
    GCE_METADATA_HOST: `${LOOPBACK}:${metadataPort}`,
    // The functions emulator turns it off.
    METADATA_SERVER_DETECTION: "assume-present",
    STORAGE_EMULATOR_HOST: urls.storage,
  };
}

function settingValues(plan: CloudPlan, secrets: Secrets): Partial<Record<SettingName, string>> {
  const { urls, ports } = plan;
  return {
    GOOGLE_CLOUD_PROJECT: PROJECT_ID,
    PUBLIC_ORIGIN: urls.api,
    EVENTS_ORIGIN: urls.streams,
    LOG_LEVEL: "info",

    TOKEN_SIGNING_KEYS: JSON.stringify(secrets.tokenSigningKeys),
    TOKEN_PUBLIC_KEYS: JSON.stringify(secrets.tokenPublicKeys),
    REFRESH_TOKEN_KEY: secrets.refreshTokenKey,
    CODE_KEY: secrets.codeKey,
    INPUT_KEY: secrets.inputKey,

    GOOGLE_ISSUER: urls.identity,
    GOOGLE_JWKS_URL: `${urls.identity}/oauth2/v3/certs`,
    GOOGLE_AUTHORIZE_URL: `${urls.identity}/o/oauth2/v2/auth`,
    GOOGLE_TOKEN_URL: `${urls.identity}/token`,
    GOOGLE_CLIENT_IDS: Object.values(oauthClientIds).join(","),
    GOOGLE_OAUTH_CLIENT_ID: oauthClientIds.web,
    GOOGLE_OAUTH_CLIENT_SECRET: secrets.oauthClientSecret,
    APP_REDIRECT_URIS: [...APP_REDIRECT_URIS, `${urls.api}/signed-in`].join(","),

    ...buckets,
    SIGNING_ENDPOINT: `${urls.identity}/v1/projects/-/serviceAccounts/`,

    TASKS_LOCATION: REGION,
    TASKS_SERVICE_ACCOUNT: accounts.tasks,
    DISPATCH_URL: urls.dispatch,
    WORKSHOP_URL: urls.workshop,
    OUTBOUND_URL: urls.outbound,

    // Rung also when the reference engine is left out, for an engine of one's own on that port.
    ENGINES: JSON.stringify([{ url: urls.engine, kinds: ["scene", "avatar"] }]),
    ENGINE_CALLERS: accounts.engine,
    ADMIN_CALLERS: accounts.admin,

    SMTP_URL: `smtp://${LOOPBACK}:${ports.smtp}`,
    SMTP_PLAIN: "true",
    MAIL_FROM: "Reverie <no-reply@reverie.example>",
    PUSH_ENDPOINT: urls.push,

    RATE_PER_ACCOUNT: roomier("RATE_PER_ACCOUNT"),
    RATE_PER_ADDRESS: roomier("RATE_PER_ADDRESS"),
    RATE_SIGN_IN: roomier("RATE_SIGN_IN"),
    RATE_SIGN_IN_PER_ACCOUNT: roomier("RATE_SIGN_IN_PER_ACCOUNT"),
    RATE_REFRESH: roomier("RATE_REFRESH"),
    RATE_REFRESH_PER_ACCOUNT: roomier("RATE_REFRESH_PER_ACCOUNT"),
    RATE_CONFIRM: roomier("RATE_CONFIRM"),
    RATE_EXPORT: roomier("RATE_EXPORT"),
    UPLOAD_GIB_PER_SPACE: roomier("UPLOAD_GIB_PER_SPACE"),
    OPEN_JOBS_PER_SPACE: roomier("OPEN_JOBS_PER_SPACE"),
    INVITATIONS_PER_GIVER: roomier("INVITATIONS_PER_GIVER"),
    INVITATIONS_PER_PAIR: roomier("INVITATIONS_PER_PAIR"),
    INVITATIONS_PER_RECIPIENT: roomier("INVITATIONS_PER_RECIPIENT"),
    // The front plays Hosting.
    EDGE: "hosting",

    LEASE_SECONDS_MIN: "1",
    RETRY_BACKOFF_MAX_SECONDS: "3",
  };
}

type Limit = Extract<
  SettingName,
  `RATE_${string}` | `INVITATIONS_${string}` | "OPEN_JOBS_PER_SPACE" | "UPLOAD_GIB_PER_SPACE"
>;

function roomier(name: Limit): string {
  return String(ROOMIER * settingSchemas[name].parse(undefined));
}
