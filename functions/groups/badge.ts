/** A badge, as people get it. */
import { z } from "@hono/zod-openapi";

export const BADGE_TYPES = ["GREAT_JOB", "EXCELLENT_WORK", "LOVELY"] as const;
export type BadgeType = (typeof BADGE_TYPES)[number];

export const badgeSchema = z
  .object({
    id: z.string(),
    type: z.enum(BADGE_TYPES),
    date: z.iso.date().describe("The day it counts for, in the recipient's time zone."),
    earnedAt: z.iso.datetime(),
  })
  .openapi("Badge");
