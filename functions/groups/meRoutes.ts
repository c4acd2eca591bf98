import { createRoute, z } from "@hono/zod-openapi";
import { roleSchema } from "#shared/auth/accessToken.ts";
import { type Person, personOf } from "#shared/groups/person.ts";
import { access } from "#shared/http/access.ts";
import type { App } from "#shared/http/app.ts";
import { callerOf } from "./caller.ts";
import type { GroupsDeps } from "./deps.ts";
import { isTimeZone } from "./localDay.ts";
import { changeProfile } from "./profile.ts";

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "expected HH:MM");
const quietHours = z.object({ from: timeOfDay, to: timeOfDay });

const meSchema = z
  .object({
    id: z.string(),
    email: z.string().nullable(),
    emailVerified: z.boolean(),
    name: z.string().nullable(),
    role: roleSchema.nullable(),
    enrolled: z.boolean().describe("Whether the role is chosen."),
    timeZone: z.string(),
    language: z.enum(["ko", "en"]),
    quietHours: quietHours.nullable().describe("No push messages in this span; it may pass midnight."),
    createdAt: z.iso.datetime(),
  })
  .openapi("Me");

const changeSchema = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .regex(/^\P{C}*$/u, "expected no control characters")
    .optional(),
  role: roleSchema.optional().describe("Set once."),
  timeZone: z.string().max(64).refine(isTimeZone, "expected an IANA time zone such as Asia/Seoul").optional(),
  language: z.enum(["ko", "en"]).optional(),
  quietHours: z
    .strictObject(quietHours.shape)
    .refine(({ from, to }) => from !== to, "expected from and to to differ")
    .nullable()
    .optional(),
});

const readRoute = createRoute({
  ...access("account"),
  method: "get",
  path: "/v1/me",
  summary: "One's own profile",
  responses: { 200: { description: "The profile.", content: { "application/json": { schema: meSchema } } } },
});

const changeRoute = createRoute({
  ...access("account"),
  method: "patch",
  path: "/v1/me",
  summary: "Enrol, or change the profile",
  request: { body: { required: true, content: { "application/json": { schema: changeSchema } } } },
  responses: {
    200: { description: "The profile as it is now.", content: { "application/json": { schema: meSchema } } },
  },
});

export function meRoutes(app: App, deps: () => GroupsDeps): void {
  app.openapi(readRoute, async (c) => c.json(meView(await personOf(deps().db, c.var.account.userId)), 200));

  app.openapi(changeRoute, async (c) => {
    const { db, clock } = deps();
    const input = { caller: callerOf(c), change: c.req.valid("json") };
    return c.json(meView(await changeProfile(input, db, clock())), 200);
  });
}

function meView(person: Person): z.infer<typeof meSchema> {
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
    createdAt: person.createdAt.toISOString(),
  };
}
