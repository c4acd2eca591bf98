import { createRoute, z } from "@hono/zod-openapi";
import { access } from "#shared/platform/http/access.ts";
import { roleSchema } from "#shared/platform/http/accessToken.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import { type Person, personOf } from "#shared/spaces/person.ts";
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
    // Joiners stay: Persian names and family emoji are written with them. Overrides of direction don't.
    .regex(/^[^\p{Cc}\p{Cs}\p{Cn}\u202a-\u202e\u2066-\u2069]*$/u, "expected no control characters")
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

const erasureSchema = z
  .object({
    requestedAt: z.iso.datetime(),
    complete: z.boolean().describe("False while something is left; it goes by itself."),
    took: z
      .record(z.string(), z.number().int())
      .describe("How many of what went; bytes are those of objects."),
  })
  .openapi("Erasure");
const erasureContent = { "application/json": { schema: erasureSchema } };

const eraseRoute = createRoute({
  ...access("account"),
  method: "delete",
  path: "/v1/me",
  summary: "Erase one's account, for good",
  description:
    "A recipient's group goes with them, with everything in it. What a giver made for a group stays with the group, without their name.",
  responses: {
    200: { description: "All of it is gone.", content: erasureContent },
    202: {
      description: "The account is gone; some of what belonged to it is still going.",
      content: erasureContent,
    },
  },
});

const exportRoute = createRoute({
  ...access("account"),
  method: "get",
  path: "/v1/me/export",
  summary: "Everything that is kept of oneself, with links to the files",
  description:
    "Answered within a minute, with at most 1,000 items of each list. A recipient gets all of the group's things, a giver those they made. Links work for 15 minutes.",
  responses: {
    200: {
      description: "One document.",
      content: {
        "application/json": {
          schema: z
            .looseObject({
              exportedAt: z.iso.datetime(),
              linksExpireAt: z.iso.datetime(),
              complete: z.boolean().describe("Whether nothing was left out."),
              truncated: z.array(z.string()).describe("Lists that had more than fit."),
            })
            .openapi("Export"),
        },
      },
    },
  },
});

export function meRoutes(app: App, deps: () => GroupsDeps): void {
  app.openapi(readRoute, async (c) => c.json(meView(await personOf(deps().db, c.var.account.userId)), 200));

  app.openapi(changeRoute, async (c) => {
    const { db, clock } = deps();
    const input = { caller: callerOf(c), change: c.req.valid("json") };
    return c.json(meView(await changeProfile(input, db, clock())), 200);
  });

  app.openapi(eraseRoute, async (c) => {
    const { eraseMe } = await import("./eraseMe.ts"); // rare, and loads Firestore
    const { requestedAt, took, doneAt } = await eraseMe(callerOf(c), await deps().erasure());
    const complete = doneAt !== null;
    return c.json(
      { requestedAt: requestedAt.toISOString(), complete, took: { ...took } },
      complete ? 200 : 202,
    );
  });

  app.openapi(exportRoute, async (c) => {
    const { exportMe } = await import("./exportMe.ts"); // rare, and loads Firestore
    return c.json(await exportMe(callerOf(c), deps()), 200, {
      "content-disposition": 'attachment; filename="reverie-export.json"',
    });
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
