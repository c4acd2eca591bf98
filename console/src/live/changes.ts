/** Says when things of a space have changed. */
import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import { loadConfig } from "../config/config.ts";
import { type ChangedType, type Changes, readChangeLog } from "./changeLog.ts";
import { follow } from "./follow.ts";

/** Between two looks at the change log, where there is no listener. */
const LOG_MS = 10_000;

/** A space, and the number of its last change when what is shown was loaded, or one from before. */
export interface Since {
  readonly spaceId: string;
  readonly seq: number;
}

/**
 * Calls `changed` when things of a type have changed: Firestore's listener says that the log has grown, or else the log is read at a pace.
 * @param changed shows them as they are now; when it throws, it is called again later
 * @returns stops it
 */
export function watchChanges(
  { spaceId, seq }: Since,
  type: ChangedType,
  changed: () => Promise<void>,
): () => void {
  let after = seq;
  let heard = seq;
  return follow({
    async look(isConnected) {
      if (isConnected && heard <= after) return;
      const log = await readChangeLog(after, type, (number) => loadChanges(spaceId, number));
      if (log.hasChanged) await changed();
      // The log goes on only when what it names is shown.
      after = log.after;
    },
    async listen(again) {
      const [{ listenToFeed }, config] = await Promise.all([import("./listen.ts"), loadConfig()]);
      return listenToFeed(config, spaceId, (isConnected, number) => {
        heard = Math.max(heard, number);
        again(isConnected);
      });
    },
    pause: (isConnected) => (isConnected && heard <= after ? undefined : LOG_MS),
  });
}

export async function loadChanges(id: string, after: number): Promise<Changes> {
  const params = { path: { id }, query: { after } };
  return answered(await api.GET("/v1/spaces/{id}/changes", { params }));
}
