import { kinds } from "#shared/kinds/index.ts";
import { functions, type Settings } from "#shared/manifest.ts";
import { baseDeps } from "#shared/platform/baseDeps.ts";
import { settingsFor } from "#shared/platform/config/settings.ts";
import { createFirestore } from "#shared/platform/firestore/client.ts";
import { type HttpDeps, phoneHttpDeps } from "#shared/platform/http/httpDeps.ts";
import { createDatabase } from "#shared/platform/sql/pool.ts";
import { paceReader } from "#shared/queue/pace.ts";
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
  const base = baseDeps("streams", settings);
  const { log, clock } = base;
  const sql = createDatabase(settings, { name: "streams", max: functions.streams.sqlPool, log });
  const reading = { firestore: createFirestore(settings), kinds, clock, log };
  return {
    ...base,
    ...reading,
    http: phoneHttpDeps(settings, sql, log),
    sql,
    pace: paceReader(reading),
    open: openStreams({
      perAccount: settings.STREAMS_PER_ACCOUNT,
      perInstance: settings.STREAMS_PER_INSTANCE,
    }),
  };
}
