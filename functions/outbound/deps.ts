import { functions, type Settings } from "#shared/manifest.ts";
import { baseDeps } from "#shared/platform/baseDeps.ts";
import { settingsFor } from "#shared/platform/config/settings.ts";
import { createRestFirestore } from "#shared/platform/firestore/rest/client.ts";
import { type HttpDeps, internalHttpDeps } from "#shared/platform/http/httpDeps.ts";
import { objectWriter } from "#shared/platform/storage/objectWriter.ts";
import type { FetchUploadDeps } from "./fetchUpload.ts";
import { LIMITS } from "./limits.ts";
import { publicNetwork } from "./network.ts";

/** What the operations of `outbound` use. */
export interface OutboundDeps extends FetchUploadDeps {
  readonly http: HttpDeps;
}

/** Makes what an instance of `outbound` uses. No setting leads it anywhere but to the public Internet. */
export function outboundDeps(
  settings: Settings<"outbound"> = settingsFor(functions.outbound.settings),
): OutboundDeps {
  const base = baseDeps("outbound", settings);
  return {
    ...base,
    http: internalHttpDeps(base.log),
    firestore: createRestFirestore(settings),
    objects: objectWriter(settings.UPLOADS_BUCKET, settings),
    network: publicNetwork(),
    limits: LIMITS,
  };
}
