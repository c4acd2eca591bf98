/** The jobs of the family, as they are now. */
import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import type { components } from "../api/schema.d.ts";
import { loadConfig } from "../config/config.ts";
import { type Changes, readChangeLog } from "./changeLog.ts";

export type Job = components["schemas"]["Job"];

/** Enough for all that a family waits for, and what ended lately. */
const LIMIT = 50;
/** Between two looks at the change log, where there is no listener. */
const LOG_MS = 5000;
/** Between two looks at the jobs beside a listener; estimates change with time alone. */
const LISTENING_MS = 30_000;
/** Changes that come together are looked at once. */
const TOGETHER_MS = 250;

export async function loadJobs(signal?: AbortSignal): Promise<Job[]> {
  const query = { limit: LIMIT };
  return answered(
    await api.GET("/v1/jobs", { params: { query }, ...(signal === undefined ? {} : { signal }) }),
  ).items;
}

export function isOpen({ state }: Job): boolean {
  return state === "awaiting_upload" || state === "queued" || state === "running";
}

/**
 * Calls `look` whenever jobs of the space may have changed: when Firestore's listener says so, or else the space's change log.
 * @param space its `seq` was read before the first look
 * @param look loads the jobs and answers them, or undefined when they could not be loaded
 * @returns stops it
 */
export function watchJobs(
  space: { readonly id: string; readonly seq: number },
  look: () => Promise<readonly Job[] | undefined>,
): () => void {
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let listening: { stop(): void } | undefined;
  let isConnected = false;
  let isBusy = false;
  let isDueAgain = false;
  let after = space.seq;
  let loaded: { readonly at: number; readonly hasOpenJobs: boolean } | undefined;

  const load = async () => {
    const jobs = await look();
    if (jobs !== undefined) loaded = { at: performance.now(), hasOpenJobs: jobs.some(isOpen) };
    return jobs !== undefined;
  };
  const check = async () => {
    if (isConnected || loaded === undefined) {
      await load();
      return;
    }
    const view = { after, sinceLoaded: performance.now() - loaded.at, hasOpenJobs: loaded.hasOpenJobs };
    const log = await readChangeLog(view, (seq) => loadChanges(space.id, seq));
    // The log goes on only when the jobs that it names are loaded.
    if (!log.isStale || (await load())) after = log.after;
  };
  const run = async () => {
    if (isBusy) {
      isDueAgain = true;
      return;
    }
    isBusy = true;
    do {
      isDueAgain = false;
      // What is shown stays until the next look.
      await check().catch(() => undefined);
    } while (isDueAgain && !stopped);
    isBusy = false;
    schedule(isConnected ? LISTENING_MS : LOG_MS);
  };
  const schedule = (milliseconds: number) => {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(() => void run(), milliseconds);
  };
  const changed = () => schedule(TOGETHER_MS);

  const listen = async () => {
    const [{ listenToJobs }, config] = await Promise.all([import("./listen.ts"), loadConfig()]);
    const found = await listenToJobs(config, space.id, (connected) => {
      isConnected = connected;
      changed();
    });
    if (stopped) found.stop();
    else listening = found;
  };
  void run();
  // Without a listener the change log goes on.
  listen().catch(() => undefined);
  const visible = () => document.visibilityState === "visible" && changed();
  document.addEventListener("visibilitychange", visible);
  return () => {
    stopped = true;
    clearTimeout(timer);
    listening?.stop();
    document.removeEventListener("visibilitychange", visible);
  };
}

async function loadChanges(id: string, after: number): Promise<Changes> {
  const params = { path: { id }, query: { after } };
  return answered(await api.GET("/v1/spaces/{id}/changes", { params }));
}
