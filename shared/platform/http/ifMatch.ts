import { z } from "@hono/zod-openapi";
import { errors } from "../errors.ts";

/** The header of a route that changes only what the caller has seen. */
export const ifMatchHeader = z.object({
  "if-match": z
    .string()
    .max(2_000)
    .optional()
    .describe("Required: the `ETag` of the answer that is being changed; or several, or `*` for any state."),
});

/** The states that a request may change: any, or one of these versions. */
export type Precondition = "any" | readonly string[];

/**
 * The headers of an answer that a later request may name in `If-Match`: its version as a strong entity tag. Who compresses an answer on its
 * way has to make its tag weak (RFC 9110, 8.8.1), and a weak tag never matches; `no-transform` forbids compressing (RFC 9111, 5.2.2.6).
 */
export function taggedHeaders(version: string): { readonly etag: string; readonly "cache-control": string } {
  return { etag: `"${version}"`, "cache-control": "private, no-store, no-transform" };
}

/**
 * What `If-Match` says (RFC 9110, 13.1.1). Weak tags never match and are left out, so a list of them matches nothing.
 * @throws `precondition_required` without the header; `invalid_request` for what is no list of entity tags
 */
export function readIfMatch(header: string | undefined): Precondition {
  if (header === undefined || header.trim() === "") throw errors.preconditionRequired();
  if (header.trim() === "*") return "any";
  if (!LIST.test(header)) {
    const issues = [{ path: "If-Match", message: 'expected entity tags, as in "a", "b", or *' }];
    throw errors.invalidRequest("If-Match: expected entity tags or *", { issues });
  }
  return [...header.matchAll(TAG)].flatMap(([, weak, tag]) => (weak || tag === undefined ? [] : [tag]));
}

/** RFC 9110, 8.8.3. In a list, elements may be empty (5.6.1). */
const ETAG = '(W\\/)?"([!\\x23-\\x7e\\x80-\\xff]*)"';
const TAG = new RegExp(ETAG, "g");
const LIST = new RegExp(`^[ \\t,]*${ETAG}(?:[ \\t]*,[ \\t,]*${ETAG})*[ \\t,]*$`);
