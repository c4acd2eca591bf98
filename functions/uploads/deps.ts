import type { Firestore } from "@google-cloud/firestore";
import { kinds } from "#shared/kinds/index.ts";
import { functions, type Settings } from "#shared/manifest.ts";
import { baseDeps } from "#shared/platform/baseDeps.ts";
import { settingsFor } from "#shared/platform/config/settings.ts";
import { createRestFirestore } from "#shared/platform/firestore/rest/client.ts";
import { type HttpDeps, phoneHttpDeps } from "#shared/platform/http/httpDeps.ts";
import { createDatabase, type Sql } from "#shared/platform/sql/pool.ts";
import { urlSigner } from "#shared/platform/storage/urlSigner.ts";
import type { CreateUploadDeps } from "#shared/uploads/createUpload.ts";

/** What the operations of `uploads` use. */
export interface UploadsDeps extends CreateUploadDeps {
  readonly http: HttpDeps;
  readonly sql: Sql;
  readonly firestore: Firestore;
}

/** Makes what an instance of `uploads` uses. */
export function uploadsDeps(
  settings: Settings<"uploads"> = settingsFor(functions.uploads.settings),
): UploadsDeps {
  const base = baseDeps("uploads", settings);
  const { log } = base;
  const sql = createDatabase(settings, {
    name: "uploads",
    max: functions.uploads.sqlPool,
    log,
    connectsAtOnce: true,
  });
  return {
    ...base,
    http: phoneHttpDeps(settings, sql, log),
    sql,
    firestore: createRestFirestore(settings),
    objects: urlSigner(settings.UPLOADS_BUCKET, settings),
    kinds,
    retentionDays: settings.UPLOAD_RETENTION_DAYS,
    bytesPerSpace: settings.UPLOAD_GIB_PER_SPACE * 2 ** 30,
  };
}
