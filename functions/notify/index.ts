import type { CloudEventFunction } from "@google-cloud/functions-framework";
import { lazy } from "#shared/platform/lazy.ts";
import { withTrace } from "#shared/platform/trace.ts";
import { decodeEvent } from "./decodeEvent.ts";
import { notifyDeps } from "./deps.ts";
import { notifyPhones } from "./notifyPhones.ts";

const deps = lazy(notifyDeps);

export const notify: CloudEventFunction<unknown> = async (event) => {
  const decoded = decodeEvent(event);
  if (!decoded) return deps().log.error("event_unreadable", { messageId: event.id });
  await withTrace(decoded.trace, () => notifyPhones(decoded, deps()));
};
