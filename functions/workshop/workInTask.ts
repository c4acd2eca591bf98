import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "@hono/zod-openapi";
import type { LeaseEnd } from "#engine/kit/leaseWork.ts";
import { workUntilNoneWaits } from "#engine/kit/workUntilNoneWaits.ts";
import { errors } from "#shared/platform/errors.ts";
import { jsonBody } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import type { WorkshopDeps } from "./deps.ts";

/** A worker that is killed is missed after this, and another does the job; work of a few seconds blocks the renewals meanwhile. */
const LEASE_SECONDS = 60;

type WorkDeps = Omit<WorkshopDeps, "http" | "tasks" | "tasksPerRing">;

/**
 * Leases and works, one job after the other, until no work waits. When the time is up it releases what it holds, and has its queue try
 * the task again: no one else is going to be rung for the jobs that still wait, since an engine at work asks again by itself.
 * @param worker from 1; the engine's name at the gateway comes from it
 * @returns how each lease ended
 * @throws `unavailable` when work may wait still: the time is up, or the gateway can't be reached
 */
export async function workInTask(
  { worker }: { worker: number },
  deps: WorkDeps,
): Promise<readonly LeaseEnd[]> {
  const { client, work, log, clock, newId } = deps;
  const stopping = deps.timeIsUp();
  const workDir = await mkdtemp(join(deps.workDir, "workshop-"));
  try {
    const engine = {
      client,
      engineId: `workshop-${worker}`,
      work,
      leaseSeconds: LEASE_SECONDS,
      workDir,
      log,
      clock,
      newKey: newId,
    };
    const ends = await workUntilNoneWaits(engine, { stopping });
    if (stopping.aborted) throw errors.unavailable("the time of this task is up");
    return ends;
  } catch (cause) {
    if (stopping.aborted) throw errors.unavailable("the time of this task is up");
    throw errors.unavailable("the gateway gave no work and no answer that none waits", { cause });
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

export const workInTaskRoute = route(
  {
    operationId: "workInTask",
    access: "private",
    method: "post",
    path: "/work",
    summary: "Work until no work waits",
    request: { body: jsonBody(z.strictObject({ worker: z.number().int().positive() })) },
    responses: { 204: { description: "No work waits." } },
    errors: [],
  },
  workInTask,
  async (c, perform) => {
    await perform(c.req.valid("json"));
    return c.body(null, 204);
  },
);
