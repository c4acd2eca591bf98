import { functions, type Settings } from "#shared/manifest.ts";
import { settingsFor } from "#shared/platform/config/settings.ts";
import { createRestFirestore } from "#shared/platform/firestore/rest/client.ts";
import type { HttpDeps } from "#shared/platform/http/httpDeps.ts";
import { lazy } from "#shared/platform/lazy.ts";
import { phoneViewDeps } from "#shared/queue/viewDeps.ts";
import { openStreams } from "./openStreams.ts";
import type { StreamDeps } from "./streamJobEvents.ts";

/** What the operations of `streams` use. */
export interface StreamsDeps extends StreamDeps {
  readonly http: HttpDeps;
}

/** Makes what an instance of `streams` uses. */
export function streamsDeps(
  settings: Settings<"streams"> = settingsFor(functions.streams.settings),
): StreamsDeps {
  return {
    ...phoneViewDeps("streams", settings, functions.streams.sqlPool, createRestFirestore(settings)),
    listening: lazy(async () =>
      (await import("#shared/platform/firestore/client.ts")).createFirestore(settings),
    ),
    open: openStreams({
      perAccount: settings.STREAMS_PER_ACCOUNT,
      perInstance: settings.STREAMS_PER_INSTANCE,
    }),
  };
}
