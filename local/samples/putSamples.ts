/** Puts samples into a gateway with an administrator's key: sets of files as they are, videos and photos through the engine. */
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { crc32cOfFile } from "#engine/kit/crc32c.ts";
import { serviceAccountTokens } from "#engine/kit/idToken.ts";
import { upload } from "#engine/kit/transfer.ts";
import { FILE_ROLES } from "#shared/kinds/kind.ts";
import { formatOfName } from "#shared/kinds/resultRules.ts";
import { systemClock } from "#shared/platform/clock.ts";
import { typeOfEnding } from "#shared/platform/media/mediaTypes.ts";

/** `sample.json` in a sample's folder. With `inputs` the engine makes the sample; without, the folder's other files are the result. */
const descriptionSchema = z.strictObject({
  kind: z.string(),
  title: z.string(),
  params: z.record(z.string(), z.unknown()).default({}),
  /** File names by role. */
  inputs: z.record(z.string(), z.string()).optional(),
  /** Where only one role is possible a file need not be here. */
  roles: z.record(z.string(), z.enum(FILE_ROLES)).default({}),
  data: z.record(z.string(), z.unknown()).nullable().default(null),
});
type Description = z.infer<typeof descriptionSchema>;

const signedSchema = z.object({
  id: z.string(),
  files: z.array(
    z.object({
      name: z.string(),
      method: z.string(),
      url: z.url(),
      headers: z.record(z.string(), z.string()),
    }),
  ),
});
const uploadSchema = signedSchema.shape.files.element.omit({ name: true }).extend({ id: z.string() });
const madeSchema = z.object({ id: z.string() });

const DESCRIPTION = "sample.json";
const TIMEOUT_MS = 60_000;

export interface Gateway {
  /** Its origin. */
  readonly api: string;
  /** Of an administrator's service account. */
  readonly keyFile: string;
}

/**
 * Puts in each sample of a folder: a folder each, whose name is the sample's. One that is there stays as it is.
 * @param tell takes one line for people
 * @throws Error when a sample can't be read or is refused, with the folder's name
 */
export async function putSamples(
  directory: string,
  { api, keyFile }: Gateway,
  tell: (line: string) => void,
): Promise<void> {
  const tokens = serviceAccountTokens({ keyFile, audience: api, clock: systemClock });
  const post = async (
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<unknown> => {
    const answer = await fetch(`${api}${path}`, {
      method: "POST",
      headers: {
        ...headers,
        authorization: `Bearer ${await tokens.current()}`,
        "content-type": "application/json",
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${answer.status} ${text.slice(0, 500)}`);
    return JSON.parse(text);
  };
  const entries = await readdir(directory, { withFileTypes: true });
  for (const name of entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)) {
    const folder = join(directory, name);
    try {
      const text = await readFile(join(folder, DESCRIPTION), "utf8");
      const description = descriptionSchema.parse(JSON.parse(text));
      const { inputs } = description;
      tell(
        inputs
          ? `${name}: the engine makes it, job ${await submit(folder, { ...description, inputs }, post)}`
          : `${name}: it is resource ${await deliver(folder, description, post)}`,
      );
    } catch (cause) {
      throw new Error(`${name}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    }
  }
}

type Post = (path: string, body: unknown, headers?: Record<string, string>) => Promise<unknown>;

async function deliver(folder: string, { kind, title, params, roles, data }: Description, post: Post) {
  const name = basename(folder);
  const names = (await readdir(folder)).filter((file) => file !== DESCRIPTION).sort();
  const files = await Promise.all(
    names.map(async (file) => {
      const contentType = formatOfName(file)?.contentTypes[0];
      if (contentType === undefined) throw new Error(`${file} has no ending of a result's file`);
      return { name: file, contentType, size: (await stat(join(folder, file))).size };
    }),
  );
  const signed = signedSchema.parse(await post("/v1/admin/samples/files", { name, kind, files }));
  for (const { name: file, ...request } of signed.files) {
    await upload(join(folder, file), { name: file, ...request }, AbortSignal.timeout(TIMEOUT_MS));
  }
  const delivered = await Promise.all(
    files.map(async (file) => ({
      ...file,
      crc32c: await crc32cOfFile(join(folder, file.name)),
      role: roles[file.name],
    })),
  );
  const body = { name, kind, title, params, files: delivered, data };
  return madeSchema.parse(await post("/v1/admin/samples/imports", body)).id;
}

async function submit(
  folder: string,
  { kind, title, params, inputs: given }: Description & { inputs: Record<string, string> },
  post: Post,
) {
  const inputs: Record<string, string> = {};
  for (const [role, file] of Object.entries(given)) {
    const path = join(folder, file);
    const contentType = typeOfEnding(file);
    if (contentType === undefined) throw new Error(`${file} has no ending of a video or photo`);
    const { id, ...request } = uploadSchema.parse(
      await post("/v1/admin/uploads", { contentType, size: (await stat(path)).size }),
    );
    await upload(path, { name: file, ...request }, AbortSignal.timeout(TIMEOUT_MS));
    inputs[role] = id;
  }
  return madeSchema.parse(await post("/v1/admin/samples", { kind, title, params, inputs })).id;
}
