import { isOneOf } from "../platform/media/mediaTypes.ts";
import { type Reason, reasonOf } from "./failures.ts";
import type { Kind } from "./kind.ts";

/**
 * Why content can't fill a role of the kind; undefined when it can.
 * @param received.contentType by the first bytes, not as declared
 * @param received.size in bytes
 * @param received.shapes of JSON: the names of the shapes that it has
 */
export function problemOfInput(
  kind: Pick<Kind, "inputs">,
  role: string,
  received: {
    readonly contentType: string;
    readonly size: number;
    readonly shapes?: readonly string[] | undefined;
  },
): Reason | undefined {
  const rule = Object.hasOwn(kind.inputs, role) ? kind.inputs[role] : undefined;
  if (!rule || !isOneOf(rule.contentTypes, received.contentType)) {
    return reasonOf("type_not_accepted");
  }
  if (received.size > rule.maxBytes) return reasonOf("too_large");
  if (rule.shape && !received.shapes?.includes(rule.shape.name)) return reasonOf("content_not_accepted");
  return undefined;
}
