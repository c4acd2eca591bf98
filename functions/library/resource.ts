/** A resource as people get it. */
import { z } from "@hono/zod-openapi";
import { FILE_ROLES } from "#shared/kinds/kind.ts";
import type { ResourceRow } from "./resourceRows.ts";
import type { FileSigner } from "./signedFiles.ts";

const signedFile = z.object({
  name: z.string().describe("As the engine named it; files refer to each other by these names."),
  role: z.enum(FILE_ROLES).describe("A viewer opens the model."),
  contentType: z.string(),
  size: z.number().int().describe("Bytes."),
  url: z.url().describe("Reads the file until urlsExpireAt; needs no token."),
});

export const resourceSchema = z
  .object({
    id: z.string(),
    kind: z.string(),
    title: z.string(),
    params: z.record(z.string(), z.unknown()),
    data: z.record(z.string(), z.unknown()).nullable(),
    isSample: z.boolean(),
    createdAt: z.iso.datetime().describe("When the job was completed."),
    files: z.array(signedFile),
    urlsExpireAt: z.iso.datetime(),
  })
  .openapi("Resource");
export type Resource = z.infer<typeof resourceSchema>;

/** @throws Error when the files' URLs can't be signed */
export async function viewResource(row: ResourceRow, signer: FileSigner): Promise<Resource> {
  const { files, urlsExpireAt } = await signer.sign(row.files);
  return {
    id: row.id,
    kind: row.kind,
    title: row.title,
    params: { ...row.params },
    data: row.data === null ? null : { ...row.data },
    isSample: row.space_id === null,
    createdAt: row.completed_at.toISOString(),
    files,
    urlsExpireAt,
  };
}
