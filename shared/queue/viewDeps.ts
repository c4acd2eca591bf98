import type { Firestore } from "@google-cloud/firestore";
import { kinds } from "../kinds/index.ts";
import { type BaseDeps, baseDeps } from "../platform/baseDeps.ts";
import type { SettingsOf } from "../platform/config/settings.ts";
import { type HttpDeps, phoneHttpDeps } from "../platform/http/httpDeps.ts";
import { createDatabase, type Sql } from "../platform/sql/pool.ts";
import { paceReader } from "./pace.ts";
import type { ViewDeps } from "./view.ts";

type PhoneViewSettings = SettingsOf<"GOOGLE_CLOUD_PROJECT" | "LOG_LEVEL" | "EVENTS_ORIGIN"> &
  Parameters<typeof createDatabase>[0] &
  Parameters<typeof phoneHttpDeps>[0];

/** What a function uses that shows jobs to phones. */
export interface PhoneViewDeps extends BaseDeps, ViewDeps {
  readonly http: HttpDeps;
  readonly sql: Sql;
}

/** @param sqlPool connections of one instance, as the manifest says */
export function phoneViewDeps(
  name: string,
  settings: PhoneViewSettings,
  sqlPool: number,
  firestore: Firestore,
): PhoneViewDeps {
  const base = baseDeps(name, settings);
  const sql = createDatabase(settings, { name, max: sqlPool, log: base.log, connectsAtOnce: true });
  const reading = { ...base, firestore, kinds };
  return {
    ...reading,
    http: phoneHttpDeps(settings, sql, base.log),
    sql,
    pace: paceReader(reading),
    eventsOrigin: settings.EVENTS_ORIGIN,
  };
}
