import { z } from "@hono/zod-openapi";
import type { ReverieError } from "../errors.ts";

/** The media type of every error answer (RFC 9457). */
export const PROBLEM_JSON = "application/problem+json";

/** What every error answer holds (RFC 9457). */
export const problemSchema = z
  .object({
    type: z.string().describe("Where the code is explained, relative to the origin."),
    title: z.string().describe("For people; may change."),
    status: z.number().int(),
    detail: z.string(),
    code: z.string().describe("Stable, in snake_case."),
    requestId: z.string(),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .describe("Which values of the request were wrong, and what was expected there."),
  })
  .openapi("Problem");
export type Problem = z.infer<typeof problemSchema>;

/**
 * An error as an RFC 9457 problem document. `type` is a relative reference into the API's own page, where codes are explained.
 */
export function problemDocument(error: ReverieError, requestId: string): Problem {
  return {
    type: `/docs#problem-${error.code}`,
    title: error.title,
    status: error.status,
    detail: error.message,
    code: error.code,
    requestId,
    ...(error.issues.length > 0 ? { errors: [...error.issues] } : {}),
  };
}
