import { z } from "@hono/zod-openapi";
import { errors } from "#shared/platform/errors.ts";
import { jsonBody } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import type { WorkshopDeps } from "./deps.ts";

/** A ring that is repeated within this time adds nothing, in seconds. */
const WINDOW_SECONDS = 1;

/**
 * Adds the tasks in which the work is done: a function has no CPU after it has answered. Their names carry the second, so that a ring that
 * comes twice adds them once.
 * @returns how many were added
 * @throws `unknown_kind`; `unavailable` when the tasks of this second were added before: they may have ended already, and to be asked
 *   again in a second is the one answer that loses no work
 */
export async function wakeWorkshop(
  { kind }: { kind: string },
  { tasks, tasksPerRing, work, clock }: Pick<WorkshopDeps, "tasks" | "tasksPerRing" | "work" | "clock">,
): Promise<number> {
  if (!work.has(kind)) throw errors.unknownKind(`kind: expected one of ${[...work.keys()].join(", ")}`);
  const window = Math.floor(clock().getTime() / (1000 * WINDOW_SECONDS));
  const added = await Promise.all(
    Array.from({ length: tasksPerRing }, (_, index) =>
      tasks.add({
        queue: "work",
        name: `work-${index + 1}-${window}`,
        path: "/work",
        body: { worker: index + 1 },
      }),
    ),
  );
  const count = added.filter((outcome) => outcome === "added").length;
  if (count === 0) {
    throw errors.unavailable("the tasks of this second were added before", {
      retryAfterSeconds: WINDOW_SECONDS,
    });
  }
  return count;
}

export const wakeWorkshopRoute = route(
  {
    operationId: "wakeWorkshop",
    access: "private",
    method: "post",
    path: "/wake",
    summary: "Begin to work, since work waits",
    request: { body: jsonBody(z.strictObject({ kind: z.string().max(64) })) },
    responses: { 202: { description: "Tasks are going to ask for work." } },
    errors: ["unknown_kind"],
  },
  wakeWorkshop,
  async (c, perform) => {
    await perform(c.req.valid("json"));
    return c.body(null, 202);
  },
);
