import type { CloudEventFunction } from "@google-cloud/functions-framework";
import { lazy } from "#shared/platform/lazy.ts";
import { withTrace } from "#shared/platform/trace.ts";
import { ingestUpload } from "#shared/uploads/ingestUpload.ts";
import { ingestDeps } from "./deps.ts";
import { finalizedObject } from "./event.ts";

const deps = lazy(ingestDeps);

export const ingest: CloudEventFunction<unknown> = async (event) => {
  const object = finalizedObject(event, deps().bucket);
  if (object === undefined) return deps().log.error("event_unreadable", { type: event.type });
  await withTrace(undefined, () => ingestUpload(object, deps()));
};
