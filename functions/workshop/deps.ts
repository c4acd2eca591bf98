import { tmpdir } from "node:os";
import { EngineClient } from "#engine/kit/client.ts";
import type { Work } from "#engine/kit/work.ts";
import { measureSession } from "#engine/session/measureSession.ts";
import { functions, type Settings } from "#shared/manifest.ts";
import { type BaseDeps, baseDeps } from "#shared/platform/baseDeps.ts";
import { settingsFor } from "#shared/platform/config/settings.ts";
import { ownIdTokens } from "#shared/platform/google/idTokens.ts";
import { type HttpDeps, internalHttpDeps } from "#shared/platform/http/httpDeps.ts";
import { createTaskQueue, type TaskQueue } from "#shared/platform/tasks/taskQueue.ts";

/** What the operations of `workshop` use. */
export interface WorkshopDeps extends Pick<BaseDeps, "log" | "clock" | "newId"> {
  readonly http: HttpDeps;
  readonly tasks: Pick<TaskQueue, "add">;
  /** The setting WORKSHOP_TASKS. */
  readonly tasksPerRing: number;
  readonly client: EngineClient;
  /** What is done for each kind. */
  readonly work: ReadonlyMap<string, Work>;
  /** Where inputs and results are while they are worked on. */
  readonly workDir: string;
  /** Aborted when a task has worked as long as it may. */
  readonly timeIsUp: () => AbortSignal;
}

/** The kinds of jobs that are done here: those whose file says `workshop`. */
export const WORK: ReadonlyMap<string, Work> = new Map([["session", measureSession]]);

/** How long a task takes on and does work. Cloud Tasks waits for 10 minutes, and the function may run for 9. */
const WORK_MS = 8 * 60_000;

/** Makes what an instance of `workshop` uses. */
export function workshopDeps(
  settings: Settings<"workshop"> = settingsFor(functions.workshop.settings),
): WorkshopDeps {
  const base = baseDeps("workshop", settings);
  const { PUBLIC_ORIGIN: origin } = settings;
  const tokens = ownIdTokens();
  const client = new EngineClient(origin, {
    current: async () => (await tokens.authorization(origin)).replace(/^Bearer /i, ""),
    forget: () => tokens.forget(origin),
  });
  return {
    ...base,
    http: internalHttpDeps(base.log),
    tasks: createTaskQueue(settings, settings.WORKSHOP_URL),
    tasksPerRing: settings.WORKSHOP_TASKS,
    client,
    work: WORK,
    workDir: tmpdir(),
    timeIsUp: () => AbortSignal.timeout(WORK_MS),
  };
}
