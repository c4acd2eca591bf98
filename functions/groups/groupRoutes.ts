import { createRoute, z } from "@hono/zod-openapi";
import { errors } from "#shared/platform/errors.ts";
import { access } from "#shared/platform/http/access.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import { ID_PATTERN } from "#shared/platform/ids.ts";
import { callerOf } from "./caller.ts";
import type { GroupsDeps } from "./deps.ts";
import { readGroup } from "./group.ts";
import { removeMember } from "./removeMember.ts";

const memberSchema = z
  .object({ id: z.string(), name: z.string().nullable(), email: z.string().nullable() })
  .openapi("Member");

export const groupSchema = z
  .object({
    id: z.string(),
    recipient: memberSchema,
    givers: z.array(memberSchema).describe("In the order they joined."),
    createdAt: z.iso.datetime(),
  })
  .openapi("Group");

const groupRoute = createRoute({
  ...access("account"),
  method: "get",
  path: "/v1/group",
  summary: "The care group one is in",
  responses: {
    200: { description: "The group.", content: { "application/json": { schema: groupSchema } } },
  },
});

const removeRoute = createRoute({
  ...access("account"),
  method: "delete",
  path: "/v1/group/members/{userId}",
  summary: "Leave the group (a giver, oneself) or remove a giver (the recipient)",
  request: { params: z.object({ userId: z.string() }) },
  responses: { 204: { description: "No member any more, from this moment." } },
});

export function groupRoutes(app: App, deps: () => GroupsDeps): void {
  app.openapi(groupRoute, async (c) => {
    const { givers, ...group } = await readGroup(c.var.account.userId, deps().db);
    return c.json({ ...group, givers: [...givers] }, 200);
  });

  app.openapi(removeRoute, async (c) => {
    const memberId = c.req.valid("param").userId;
    if (!ID_PATTERN.test(memberId)) throw errors.notFound();
    await removeMember({ caller: callerOf(c), memberId }, deps());
    return c.body(null, 204);
  });
}
