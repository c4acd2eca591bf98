import { appOf } from "#shared/platform/http/app.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import { changeVrVideoRoute } from "./changeVrVideo.ts";
import { createVrVideoRoute } from "./createVrVideo.ts";
import { deleteResourceRoute } from "./deleteResource.ts";
import { deleteVrVideoRoute } from "./deleteVrVideo.ts";
import type { LibraryDeps } from "./deps.ts";
import { getProgressRoute } from "./getProgress.ts";
import { getResourceRoute } from "./getResource.ts";
import { getVrVideoRoute } from "./getVrVideo.ts";
import { listChangesRoute } from "./listChanges.ts";
import { listGameSessionsRoute } from "./listGameSessions.ts";
import { listResourcesRoute } from "./listResources.ts";
import { listVrVideosRoute } from "./listVrVideos.ts";
import { renameResourceRoute } from "./renameResource.ts";

/** The routes of `library`; `deps` is called at the first request. */
export function libraryApp(deps: () => LibraryDeps): App {
  return appOf(deps, [
    listResourcesRoute,
    getResourceRoute,
    renameResourceRoute,
    deleteResourceRoute,
    createVrVideoRoute,
    listVrVideosRoute,
    getVrVideoRoute,
    changeVrVideoRoute,
    deleteVrVideoRoute,
    listGameSessionsRoute,
    getProgressRoute,
    listChangesRoute,
  ]);
}
