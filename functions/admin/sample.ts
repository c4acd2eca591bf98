/** A sample that is there already as a set of files, and needs no engine. */
import { createHash } from "node:crypto";
import { z } from "@hono/zod-openapi";
import { MAX_FILES } from "#shared/kinds/kind.ts";
import { base32 } from "#shared/platform/ids.ts";
import { contentTypeSchema } from "#shared/platform/media/contentType.ts";
import { resourceIdOf, SAMPLES_SPACE } from "#shared/results/resultDocument.ts";
import { resultObject } from "#shared/results/resultObject.ts";

/** Chosen by the administrator. The sample's ids follow from it, so putting it in again finds what is there. */
export const sampleName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,63}$/)
  .describe("Small letters, digits and hyphens; another one for each sample.");

export const sampleFile = z.strictObject({
  name: z.string().min(1).max(1024),
  contentType: contentTypeSchema,
  size: z.number().int().min(1).describe("Bytes."),
});

export const sampleFiles = <Schema extends z.ZodType>(file: Schema) => z.array(file).min(1).max(MAX_FILES);

/** @returns the id that the sample's result has in place of a job's, and its resource's */
export function idsOfSample(name: string): { jobId: string; resourceId: string } {
  const jobId = base32(createHash("sha256").update(`sample:${name}`).digest()).slice(0, 26);
  return { jobId, resourceId: resourceIdOf(jobId) };
}

/** Object name of a sample's file. */
export function sampleObject(jobId: string, file: string): string {
  return resultObject({ spaceId: SAMPLES_SPACE, jobId, leaseNumber: 1 }, file);
}
