import { z } from "@hono/zod-openapi";

/** A title as people give it: no control characters (Postgres stores no NUL), no halves of characters, not only blanks. */
export const titleSchema = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), "expected text without control characters");
