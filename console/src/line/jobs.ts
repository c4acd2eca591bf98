/** The jobs of the family, as they are now. */
import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import type { components } from "../api/schema.d.ts";
import { loadConfig } from "../config/config.ts";

export type Job = components["schemas"]["Job"];

/** Enough for all that a family waits for, and what ended lately. */
const LIMIT = 50;
/** Between two looks when nothing says that something has changed; estimates change with time alone. */
const POLL_MS = 5000;
const LISTENING_POLL_MS = 30_000;
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
 * Calls `look` whenever jobs of the space may have changed: by Firestore's listener, and by the clock where there is none or it says nothing.
 * @returns stops it
 */
export function watchJobs(spaceId: string, look: () => Promise<void>): () => void {
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let listening: { stop(): void } | undefined;
  let looking = false;
  let again = false;

  const run = async () => {
    if (looking) {
      again = true;
      return;
    }
    looking = true;
    do {
      again = false;
      await look();
    } while (again && !stopped);
    looking = false;
    schedule(listening === undefined ? POLL_MS : LISTENING_POLL_MS);
  };
  const schedule = (milliseconds: number) => {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(() => void run(), milliseconds);
  };
  const changed = () => schedule(TOGETHER_MS);

  const listen = async () => {
    const [{ listenToJobs }, config] = await Promise.all([import("./listen.ts"), loadConfig()]);
    const found = await listenToJobs(config, spaceId, {
      changed,
      lost: () => {
        listening = undefined;
        changed();
      },
    });
    if (stopped) found.stop();
    else listening = found;
  };
  void run();
  // Without a listener the clock goes on.
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
