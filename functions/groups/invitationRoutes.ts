import { createRoute, z } from "@hono/zod-openapi";
import { access } from "#shared/platform/http/access.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import { sendStored } from "#shared/platform/http/storedAnswer.ts";
import { idempotencyKeySchema } from "#shared/platform/idempotency/sql.ts";
import { callerOf } from "./caller.ts";
import { confirmInvitation } from "./confirmInvitation.ts";
import type { GroupsDeps } from "./deps.ts";
import { groupSchema } from "./groupRoutes.ts";
import { invite } from "./invite.ts";

const keyHeader = z.object({ "idempotency-key": idempotencyKeySchema.optional() });

const inviteRoute = createRoute({
  ...access("account"),
  method: "post",
  path: "/v1/invitations",
  summary: "Ask to care for somebody",
  description:
    "For care givers. If a care recipient has this verified address, they are mailed a code to read to the giver. The answer is the same if not.",
  request: {
    headers: keyHeader,
    body: {
      required: true,
      content: { "application/json": { schema: z.strictObject({ recipientEmail: z.email().max(254) }) } },
    },
  },
  responses: {
    202: {
      description: "Noted.",
      content: {
        "application/json": {
          schema: z
            .object({ id: z.string(), expiresAt: z.iso.datetime().describe("Until when the code counts.") })
            .openapi("Invitation"),
        },
      },
    },
  },
});

const confirmRoute = createRoute({
  ...access("account", { rate: "confirm" }),
  method: "post",
  path: "/v1/invitations/{id}/confirm",
  summary: "Bind the care group with the code the recipient read out",
  request: {
    params: z.object({ id: z.string() }),
    headers: keyHeader,
    body: {
      required: true,
      content: {
        "application/json": {
          schema: z.strictObject({
            code: z.string().min(1).max(64).describe("Case, spaces and hyphens don't matter."),
          }),
        },
      },
    },
  },
  responses: {
    201: { description: "The care group.", content: { "application/json": { schema: groupSchema } } },
  },
});

export function invitationRoutes(app: App, deps: () => GroupsDeps): void {
  app.openapi(inviteRoute, async (c) => {
    const { recipientEmail } = c.req.valid("json");
    const idempotencyKey = c.req.valid("header")["idempotency-key"];
    return sendStored(c, await invite({ caller: callerOf(c), recipientEmail, idempotencyKey }, deps()));
  });

  app.openapi(confirmRoute, async (c) => {
    const input = {
      caller: callerOf(c),
      invitationId: c.req.valid("param").id,
      code: c.req.valid("json").code,
      idempotencyKey: c.req.valid("header")["idempotency-key"],
    };
    return sendStored(c, await confirmInvitation(input, deps()));
  });
}
