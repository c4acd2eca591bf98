/** A person's own profile, as they get it. */

import { z } from "@hono/zod-openapi";
import { roleSchema } from "#shared/platform/http/accessToken.ts";
import { LANGUAGES } from "#shared/platform/language.ts";
import type { Person } from "#shared/spaces/person.ts";

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "expected HH:MM");
export const quietHoursSchema = z.object({ from: timeOfDay, to: timeOfDay });

export const meSchema = z
  .object({
    id: z.string(),
    email: z.string().nullable(),
    emailVerified: z.boolean(),
    name: z.string().nullable(),
    role: roleSchema.nullable(),
    enrolled: z.boolean().describe("Whether the role is chosen."),
    timeZone: z.string(),
    language: z.enum(LANGUAGES),
    quietHours: quietHoursSchema.nullable().describe("No push messages in this span; it may pass midnight."),
    notifyBests: z.boolean().describe("Whether push messages say that a best score was beaten."),
    createdAt: z.iso.datetime(),
  })
  .openapi("Me");

export type Me = z.infer<typeof meSchema>;

export function viewMe(person: Person): Me {
  return {
    id: person.id,
    email: person.email,
    emailVerified: person.emailVerified,
    name: person.name,
    role: person.role,
    enrolled: person.role !== null,
    timeZone: person.timeZone,
    language: person.language,
    quietHours: person.quietHours && { ...person.quietHours },
    notifyBests: person.notifyBests,
    createdAt: person.createdAt.toISOString(),
  };
}
