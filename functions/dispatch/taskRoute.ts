/** What the routes of `dispatch` have in common. */
import { z } from "@hono/zod-openapi";
import { errors } from "#shared/platform/errors.ts";
import { ID_PATTERN } from "#shared/platform/ids.ts";
import type { TimerOutcome } from "#shared/queue/timers.ts";

/** 204 is the end of the task; any error has Cloud Tasks try it again by the queue's back-off. */
export const DONE = { 204: { description: "Done." } } as const;

export const jobIdSchema = z.string().regex(ID_PATTERN);
export const counterSchema = z.number().int().nonnegative();
/** When the timer was to go off. */
export const dueSchema = z.coerce.date().optional();

/**
 * Clocks differ between machines: the task is tried again until this one's has caught up.
 * @throws `unavailable`
 */
export function refuseEarly(outcome: TimerOutcome): void {
  if (outcome === "early") throw errors.unavailable("the time of this timer hasn't come");
}
