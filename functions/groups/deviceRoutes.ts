import { createRoute, z } from "@hono/zod-openapi";
import { errors } from "#shared/platform/errors.ts";
import { access } from "#shared/platform/http/access.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import type { GroupsDeps } from "./deps.ts";
import { DEVICE_ID, forgetDevice, registerDevice } from "./registerDevice.ts";

const params = z.object({
  id: z.string().regex(DEVICE_ID).describe("Chosen by the phone: its own id for this installation."),
});

const putRoute = createRoute({
  ...access("account"),
  method: "put",
  path: "/v1/devices/{id}",
  summary: "Have push messages sent to this device",
  request: {
    params,
    body: {
      required: true,
      content: {
        "application/json": {
          schema: z.strictObject({
            platform: z.enum(["ios", "android", "web"]),
            pushToken: z
              .string()
              .regex(/^[\x21-\x7e]{1,1024}$/, "expected 1 to 1024 visible ASCII characters"),
          }),
        },
      },
    },
  },
  responses: { 204: { description: "Registered; the token is nobody else's any more." } },
});

const deleteRoute = createRoute({
  ...access("account"),
  method: "delete",
  path: "/v1/devices/{id}",
  summary: "No more push messages to this device",
  request: { params: z.object({ id: z.string() }) },
  responses: { 204: { description: "Forgotten." } },
});

export function deviceRoutes(app: App, deps: () => GroupsDeps): void {
  app.openapi(putRoute, async (c) => {
    const { id } = c.req.valid("param");
    const { db, clock } = deps();
    await registerDevice({ userId: c.var.account.userId, id, ...c.req.valid("json") }, db, clock());
    return c.body(null, 204);
  });

  app.openapi(deleteRoute, async (c) => {
    const { id } = c.req.valid("param");
    if (!DEVICE_ID.test(id)) throw errors.notFound();
    await forgetDevice(c.var.account.userId, id, deps().db);
    return c.body(null, 204);
  });
}
