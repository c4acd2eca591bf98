import type { CloudEvent } from "@google-cloud/functions-framework";
import { z } from "zod";

const finalizedSchema = z.object({ bucket: z.string(), name: z.string().min(1) });

/**
 * The object that a `google.cloud.storage.object.v1.finalized` event names.
 * @returns undefined for an event that can't be read or is of another bucket; delivering it again wouldn't help
 */
export function finalizedObject(event: CloudEvent<unknown>, bucket: string): string | undefined {
  const parsed = finalizedSchema.safeParse(event.data);
  return parsed.success && parsed.data.bucket === bucket ? parsed.data.name : undefined;
}
