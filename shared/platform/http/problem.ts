import type { ReverieError } from "../errors.ts";

/** The media type of every error answer (RFC 9457). */
export const PROBLEM_JSON = "application/problem+json";

/**
 * An error as an RFC 9457 problem document. `type` is a relative reference into the API's own page, where codes are explained.
 */
export function problemDocument(error: ReverieError, requestId: string): Record<string, unknown> {
  return {
    type: `/docs#problem-${error.code}`,
    title: error.title,
    status: error.status,
    detail: error.message,
    code: error.code,
    requestId,
    ...(error.issues.length > 0 ? { errors: error.issues } : {}),
  };
}
