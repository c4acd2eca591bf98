import { feedRaiser } from "#shared/changes/raiseFeeds.ts";
import { type Kinds, kinds } from "#shared/kinds/index.ts";
import { functions, type Settings } from "#shared/manifest.ts";
import { baseDeps } from "#shared/platform/baseDeps.ts";
import { settingsFor } from "#shared/platform/config/settings.ts";
import { createRestFirestore } from "#shared/platform/firestore/rest/client.ts";
import { type HttpDeps, phoneHttpDeps } from "#shared/platform/http/httpDeps.ts";
import type { NewId } from "#shared/platform/ids.ts";
import { createDatabase } from "#shared/platform/sql/pool.ts";
import { objectStore } from "#shared/platform/storage/objectStore.ts";
import { createReadUrls } from "#shared/platform/storage/readUrls.ts";
import { urlSigner } from "#shared/platform/storage/urlSigner.ts";
import type { DeleteResourceDeps } from "./deleteResource.ts";
import { createFileSigner, type FileSigner } from "./signedFiles.ts";

/** What the operations of `library` use. */
export interface LibraryDeps extends DeleteResourceDeps {
  readonly http: HttpDeps;
  readonly kinds: Kinds;
  readonly newId: NewId;
  readonly signer: FileSigner;
}

/** Makes what an instance of `library` uses. */
export function libraryDeps(
  settings: Settings<"library"> = settingsFor(functions.library.settings),
): LibraryDeps {
  const base = baseDeps("library", settings);
  const { log, clock } = base;
  const db = createDatabase(settings, {
    name: "library",
    max: functions.library.sqlPool,
    log,
    connectsAtOnce: true,
  });
  const { RESOURCES_BUCKET } = settings;
  const firestore = createRestFirestore(settings);
  return {
    ...base,
    http: phoneHttpDeps(settings, db, log),
    db,
    firestore,
    raiseFeeds: feedRaiser({ db, firestore, clock, log }),
    objects: objectStore(RESOURCES_BUCKET, settings),
    signer: createFileSigner(createReadUrls(urlSigner(RESOURCES_BUCKET, settings), clock, log), clock),
    kinds,
  };
}
