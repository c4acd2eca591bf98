/** Where a deployed function's settings come from. */
import { type SettingName, secretSettings, settingSchemas } from "#shared/platform/config/settings.ts";
import { type BucketSetting, buckets } from "#shared/platform/storage/buckets.ts";

export type SettingSource =
  /** The project's own id, the region, the one origin. */
  | { readonly from: "project" | "region" | "origin" }
  /** The name of the bucket that this setting names. */
  | { readonly from: "bucket" }
  /** The e-mail address of an account. */
  | { readonly from: "account"; readonly name: string }
  /** The function's own address. */
  | { readonly from: "function"; readonly name: string }
  /** The one origin where it streams, else the function's own address: Hosting holds a response back until it ends. */
  | { readonly from: "streamingOrigin"; readonly name: string }
  /** What the function logs in to Postgres with: no password, since the login is by IAM. */
  | { readonly from: "databaseUrl" | "databaseCa" }
  | { readonly from: "constant"; readonly value: string }
  /** The way in, as the functions name it. */
  | { readonly from: "edge" }
  | { readonly from: "secret" }
  /** Of the operator, in `settings`. */
  | { readonly from: "operator"; readonly required: boolean };

const DERIVED: Readonly<Partial<Record<SettingName, SettingSource>>> = {
  GOOGLE_CLOUD_PROJECT: { from: "project" },
  PUBLIC_ORIGIN: { from: "origin" },
  EVENTS_ORIGIN: { from: "streamingOrigin", name: "streams" },
  // Secret where it holds a password; here it holds none.
  DATABASE_URL: { from: "databaseUrl" },
  DATABASE_IAM: { from: "constant", value: "true" },
  DATABASE_CA: { from: "databaseCa" },
  TASKS_LOCATION: { from: "region" },
  TASKS_SERVICE_ACCOUNT: { from: "account", name: "tasks" },
  DISPATCH_URL: { from: "function", name: "dispatch" },
  WORKSHOP_URL: { from: "function", name: "workshop" },
  OUTBOUND_URL: { from: "function", name: "outbound" },
  EDGE: { from: "edge" },
};

/** Where the value of a setting comes from when it is deployed. One that no table has is a secret or the operator's. */
export function sourceOf(setting: SettingName): SettingSource {
  const derived = DERIVED[setting];
  if (derived) return derived;
  if (isBucket(setting)) return { from: "bucket" };
  if (secretSettings.has(setting)) return { from: "secret" };
  return { from: "operator", required: !settingSchemas[setting].safeParse(undefined).success };
}

function isBucket(setting: SettingName): setting is BucketSetting {
  return Object.hasOwn(buckets, setting);
}
