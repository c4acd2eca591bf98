/** The jobs of a space, as they are now. */
import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import type { components } from "../api/schema.d.ts";
import { loadConfig } from "../config/config.ts";
import { readChangeLog } from "./changeLog.ts";
import { loadChanges, type Since } from "./changes.ts";
import { follow } from "./follow.ts";

export type Job = components["schemas"]["Job"];

/** Enough for all that a family waits for, and what ended lately. */
const LIMIT = 25;
/** Between two looks, where there is no listener: at the change log, or at the jobs themselves. */
const LOOK_MS = 5000;
/**
 * After so long it is the jobs' turn. The log names a job when it ends; how far an open one has come, and one that another person began,
 * only the jobs say.
 */
const OPEN_MS = 10_000;
const IDLE_MS = 20_000;
/** Between two looks at the jobs beside a listener; estimates change with time alone. */
const LISTENING_MS = 30_000;

export async function loadJobs(spaceId: string, signal?: AbortSignal): Promise<Job[]> {
  const query = { spaceId, limit: LIMIT };
  return answered(
    await api.GET("/v1/jobs", { params: { query }, ...(signal === undefined ? {} : { signal }) }),
  ).items;
}

export function isOpen({ state }: Job): boolean {
  return state === "awaiting_upload" || state === "queued" || state === "running";
}

/**
 * Calls `show` whenever jobs of the space may have changed: when Firestore's listener says so, or else the space's change log, and at a
 * slower pace without either.
 * @param show loads the jobs and answers them
 * @returns stops it
 */
export function watchJobs({ spaceId, seq }: Since, show: () => Promise<readonly Job[]>): () => void {
  let after = seq;
  let loaded: { readonly at: number; readonly hasOpenJobs: boolean } | undefined;
  const load = async () => {
    const jobs = await show();
    loaded = { at: performance.now(), hasOpenJobs: jobs.some(isOpen) };
  };
  const isDue = () =>
    loaded === undefined || performance.now() - loaded.at >= (loaded.hasOpenJobs ? OPEN_MS : IDLE_MS);
  return follow({
    async look(isConnected) {
      if (isConnected || isDue()) return load();
      const log = await readChangeLog(after, "job", (number) => loadChanges(spaceId, number));
      if (log.hasChanged) await load();
      // The log goes on only when the jobs that it names are shown.
      after = log.after;
    },
    async listen(again) {
      const [{ listenToJobs }, config] = await Promise.all([import("./listen.ts"), loadConfig()]);
      return listenToJobs(config, spaceId, again);
    },
    pause: (isConnected) => (isConnected ? LISTENING_MS : LOOK_MS),
  });
}
