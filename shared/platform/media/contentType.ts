import { z } from "zod";

/**
 * A media type as clients send it, parameters included. It becomes a header and a column, so it is printable ASCII on one line
 * (RFC 9110, 5.5 and 8.3.1) and not long.
 */
export const contentTypeSchema = z
  .string()
  .max(100)
  .regex(/^[\w.+-]+\/[\w.+-]+ *(;[\x20-\x7e]*)?$/, "expected a media type");

/** Whether text can be sent and stored as a media type. */
export function isContentType(text: string): boolean {
  return contentTypeSchema.safeParse(text).success;
}
