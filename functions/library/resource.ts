/** A resource as people get it. */
import { z } from "@hono/zod-openapi";
import { FILE_ROLES } from "#shared/kinds/kind.ts";
import type { ResourceRow } from "./resourceRows.ts";
import type { FileSigner } from "./signedFiles.ts";

const file = z.object({
  name: z.string().describe("As the engine named it; files refer to each other by these names."),
  role: z.enum(FILE_ROLES).describe("A viewer opens the model."),
  contentType: z.string(),
  size: z.number().int().describe("Bytes."),
});

const common = z.object({
  id: z.string(),
  spaceId: z.string().nullable().describe("Null for a sample."),
  kind: z.string(),
  title: z.string(),
  params: z.record(z.string(), z.unknown()),
  data: z.record(z.string(), z.unknown()).nullable(),
  isSample: z.boolean(),
  createdAt: z.iso.datetime().describe("When the job was completed."),
});

export const resourceSchema = common
  .extend({
    files: z.array(
      file.extend({
        url: z
          .url()
          .optional()
          .describe(
            "Reads the file until urlsExpireAt; needs no token. Absent while it can't be signed: ask again.",
          ),
      }),
    ),
    urlsExpireAt: z.iso.datetime(),
  })
  .openapi("Resource");
export type Resource = z.infer<typeof resourceSchema>;

/** A resource in a list: what can be shown of it without signing each of its files. */
export const listedResourceSchema = common
  .extend({
    poster: z
      .object({ url: z.url().describe("Reads the picture until urlsExpireAt; needs no token.") })
      .nullable()
      .describe("Null also while its URL can't be signed."),
    files: z.array(file).describe("`GET /v1/resources/{id}` has their URLs."),
    urlsExpireAt: z.iso.datetime(),
  })
  .openapi("ListedResource");
export type ListedResource = z.infer<typeof listedResourceSchema>;

/** A file whose URL can't be signed is there without one. */
export async function viewResource(row: ResourceRow, signer: FileSigner): Promise<Resource> {
  return { ...viewCommon(row), ...(await signer.sign(row.files)) };
}

/** A poster whose URL can't be signed is null. */
export async function viewListedResource(row: ResourceRow, signer: FileSigner): Promise<ListedResource> {
  const { files, urlsExpireAt } = await signer.sign(row.files.filter(({ role }) => role === "poster"));
  const [poster] = files;
  return {
    ...viewCommon(row),
    poster: poster?.url === undefined ? null : { url: poster.url },
    files: row.files.map(({ name, role, contentType, size }) => ({ name, role, contentType, size })),
    urlsExpireAt,
  };
}

function viewCommon(row: ResourceRow): z.infer<typeof common> {
  return {
    id: row.id,
    spaceId: row.space_id,
    kind: row.kind,
    title: row.title,
    params: { ...row.params },
    data: row.data === null ? null : { ...row.data },
    isSample: row.space_id === null,
    createdAt: row.completed_at.toISOString(),
  };
}
