import { appOf } from "#shared/platform/http/app.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import { createSampleUploadRoute } from "./createSampleUpload.ts";
import type { AdminDeps } from "./deps.ts";
import { getDiagnosisRoute } from "./getDiagnosis.ts";
import { getQuarantinedRoute } from "./getQuarantined.ts";
import { importSampleRoute } from "./importSample.ts";
import { listDeadLettersRoute } from "./listDeadLetters.ts";
import { listPausedEnginesRoute } from "./listPausedEngines.ts";
import { listQuarantineRoute } from "./listQuarantine.ts";
import { reconcileResultsRoute } from "./reconcileResults.ts";
import { replayQuarantinedRoute } from "./replayQuarantined.ts";
import { resumeEngineRoute } from "./resumeEngine.ts";
import { retryDeadLetterRoute } from "./retryDeadLetter.ts";
import { signSampleFilesRoute } from "./signSampleFiles.ts";
import { submitSampleRoute } from "./submitSample.ts";

/** The routes of `admin`; `deps` is called at the first request. */
export function adminApp(deps: () => AdminDeps): App {
  return appOf(deps, [
    listQuarantineRoute,
    getQuarantinedRoute,
    replayQuarantinedRoute,
    listDeadLettersRoute,
    retryDeadLetterRoute,
    listPausedEnginesRoute,
    resumeEngineRoute,
    submitSampleRoute,
    createSampleUploadRoute,
    signSampleFilesRoute,
    importSampleRoute,
    reconcileResultsRoute,
    getDiagnosisRoute,
  ]);
}
