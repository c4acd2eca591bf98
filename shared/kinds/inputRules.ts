import { isOneOf } from "../platform/media/mediaTypes.ts";
import type { Kind } from "./kind.ts";

/** A code and a sentence, as a person is told why. */
export interface Reason {
  readonly code: string;
  readonly message: string;
}

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
    return {
      code: "type_not_accepted",
      message: "One of the files isn't of a type that can be used for this.",
    };
  }
  return received.size > rule.maxBytes
    ? { code: "too_large", message: "One of the files is larger than can be used for this." }
    : undefined;
}
