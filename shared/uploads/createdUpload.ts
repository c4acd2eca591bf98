import { z } from "@hono/zod-openapi";

const signedRequest = z.object({
  method: z.enum(["PUT", "POST"]),
  url: z.url(),
  headers: z.record(z.string(), z.string()).describe("Send exactly these; they are part of the signature."),
});

/** Where and how to send the bytes of an upload. */
export const createdUploadSchema = signedRequest
  .extend({
    id: z.string(),
    expiresAt: z.iso.datetime().describe("Until when the URLs can be used."),
    resumable: signedRequest
      .omit({ method: true })
      .describe("POST here to start a resumable upload; the Location it answers takes the bytes, for days."),
  })
  .openapi("CreatedUpload");
