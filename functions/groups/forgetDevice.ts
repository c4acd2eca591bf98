import { z } from "@hono/zod-openapi";
import { errors } from "#shared/platform/errors.ts";
import { nameInPath } from "#shared/platform/http/idParam.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { DEVICE_ID } from "./registerDevice.ts";

/**
 * Sends no more push messages to a device of the caller.
 * @throws `not_found` when the caller has no such device
 */
export async function forgetDevice(
  input: { userId: string; id: string },
  deps: { readonly db: Sql },
): Promise<void> {
  const { rowCount } = await deps.db.query("DELETE FROM devices WHERE user_id = $1 AND id = $2", [
    input.userId,
    input.id,
  ]);
  if (!rowCount) throw errors.notFound();
}

export const forgetDeviceRoute = route(
  {
    operationId: "forgetDevice",
    access: "account",
    method: "delete",
    path: "/v1/devices/{id}",
    summary: "No more push messages to this device",
    request: { params: z.object({ id: nameInPath((id) => DEVICE_ID.test(id)) }) },
    responses: { 204: { description: "Forgotten." } },
    errors: ["not_found"],
  },
  forgetDevice,
  async (c, perform) => {
    await perform({ userId: c.var.account.userId, ...c.req.valid("param") });
    return c.body(null, 204);
  },
);
