import { isOneOf } from "../platform/media/mediaTypes.ts";
import { type Reason, reasonOf } from "./failures.ts";
import type { Kind } from "./kind.ts";

/**
 * Why content can't fill a role of the kind; undefined when it can.
 * @param received.contentType by the first bytes, not as declared
 * @param received.size in bytes
 */
export function problemOfInput(
  kind: Pick<Kind, "inputs">,
  role: string,
  received: { readonly contentType: string; readonly size: number },
): Reason | undefined {
  const rule = Object.hasOwn(kind.inputs, role) ? kind.inputs[role] : undefined;
  if (!rule || !isOneOf(rule.contentTypes, received.contentType)) {
    return reasonOf("type_not_accepted");
  }
  return received.size > rule.maxBytes ? reasonOf("too_large") : undefined;
}
