import { createRoute, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { access } from "#shared/platform/http/access.ts";
import type { App, AppEnv } from "#shared/platform/http/appEnv.ts";
import { sendStored } from "#shared/platform/http/storedAnswer.ts";
import { idempotencyKeySchema } from "#shared/platform/idempotency/sql.ts";
import type { GroupsDeps } from "./deps.ts";
import { BADGE_TYPES, earnBadge } from "./earnBadge.ts";
import { listBadges } from "./listBadges.ts";

const badgeSchema = z
  .object({
    id: z.string(),
    type: z.enum(BADGE_TYPES),
    date: z.iso.date().describe("The day it counts for, in the recipient's time zone."),
    earnedAt: z.iso.datetime(),
  })
  .openapi("Badge");

/** Many clients name a content type without sending a body; that is an absent body, too. */
const emptyIsAbsent: MiddlewareHandler<AppEnv> = async (c, next) => {
  if ((await c.req.text()) === "") c.req.raw.headers.delete("content-type");
  await next();
};

const account = access("account");
const earnRoute = createRoute({
  ...account,
  middleware: [...account.middleware, emptyIsAbsent],
  method: "post",
  path: "/v1/badges",
  summary: "Earn today's badge",
  description:
    "For care recipients, once a day in their own time zone. The type is drawn when none is named.",
  request: {
    headers: z.object({ "idempotency-key": idempotencyKeySchema.optional() }),
    body: {
      required: false,
      content: {
        "application/json": { schema: z.strictObject({ type: z.enum(BADGE_TYPES).optional() }) },
      },
    },
  },
  responses: {
    201: { description: "The badge.", content: { "application/json": { schema: badgeSchema } } },
  },
});

const listRoute = createRoute({
  ...account,
  method: "get",
  path: "/v1/badges",
  summary: "A month of badges and the running streak",
  description:
    "One's own; for a care giver those of the group's recipient. This month unless year and month are given.",
  request: {
    query: z
      .object({
        year: z.coerce.number().int().min(2000).max(9999).optional(),
        month: z.coerce.number().int().min(1).max(12).optional(),
      })
      .refine(
        ({ year, month }) => (year === undefined) === (month === undefined),
        "expected year and month, or neither",
      ),
  },
  responses: {
    200: {
      description: "Newest first.",
      content: {
        "application/json": {
          schema: z
            .object({
              items: z.array(badgeSchema),
              streak: z.number().int().describe("Days in a row, up to today or else yesterday."),
            })
            .openapi("BadgeMonth"),
        },
      },
    },
  },
});

export function badgeRoutes(app: App, deps: () => GroupsDeps): void {
  app.openapi(earnRoute, async (c) => {
    const input = {
      userId: c.var.account.userId,
      type: c.req.valid("json").type,
      idempotencyKey: c.req.valid("header")["idempotency-key"],
    };
    return sendStored(c, await earnBadge(input, deps()));
  });

  app.openapi(listRoute, async (c) => {
    const { year, month } = c.req.valid("query");
    const { db, clock } = deps();
    const input = {
      userId: c.var.account.userId,
      month: year === undefined || month === undefined ? undefined : { year, month },
    };
    return c.json(await listBadges(input, db, clock()), 200);
  });
}
