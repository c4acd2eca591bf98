import { z } from "@hono/zod-openapi";
import { idempotencyKeySchema } from "./sql.ts";

/** The request headers of a route that does its work once per key. */
export const idempotencyHeader = z.object({
  "idempotency-key": idempotencyKeySchema
    .optional()
    .describe("The same key and body get the first answer again, for 24 hours."),
});
