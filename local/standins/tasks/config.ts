import { z } from "zod";
import { queueConfigSchema } from "./queueSettings.ts";

/** The settings of the stand-in as a process of its own. */
export const tasksConfigSchema = z.strictObject({
  port: z.int().min(0).max(65_535),
  host: z.string().exactOptional(),
  dataDir: z.string().min(1),
  queues: z.array(queueConfigSchema),
  access: z
    .strictObject({
      policyFile: z.string().min(1),
      account: z.email(),
      ports: z.array(z.strictObject({ port: z.int().min(0).max(65_535), account: z.email() })),
    })
    .exactOptional(),
  iamEndpoint: z.url(),
  /** Where the access token for `iamEndpoint` comes from; the same server unless set. */
  metadataEndpoint: z.url().exactOptional(),
  throttle: z
    .strictObject({ initialMs: z.number().positive(), maxMs: z.number().positive() })
    .exactOptional(),
  nameRetentionMs: z.number().nonnegative().exactOptional(),
  minDispatchDeadlineMs: z.number().positive().exactOptional(),
});
