/** Puts samples into a gateway with an administrator's key: sets of files as they are, videos and photos through the engine. */
import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { GatewayRefusedError, type SignedUpload } from "#engine/kit/client.ts";
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
/** An upload that is slower than this on average is given up: 400 kbit/s. */
const SLOWEST_BYTES_PER_MS = 50;
const RENAME = "if the sample was changed after it had been put in, give its folder another name";

export interface Gateway {
  /** Its origin. */
  readonly api: string;
  /** Of an administrator's service account. */
  readonly keyFile: string;
}

/** How long an upload of so many bytes may take, its repetitions included, in milliseconds. */
export function uploadMilliseconds(bytes: number): number {
  return TIMEOUT_MS + Math.ceil(bytes / SLOWEST_BYTES_PER_MS);
}

/**
 * Puts in each sample of a folder: a folder each, whose name is the sample's. One that is there stays as it is. What can't be put in is
 * reported, and the next one is tried.
 * @param tell takes one line for people
 * @returns how many could not be put in
 */
export async function putSamples(
  directory: string,
  { api, keyFile }: Gateway,
  tell: (line: string) => void,
): Promise<{ readonly failed: number }> {
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
    if (!answer.ok) {
      const code = /"code": ?"(\w+)"/.exec(text)?.[1] ?? "unknown";
      throw new GatewayRefusedError(answer.status, code, text.slice(0, 500), undefined);
    }
    return JSON.parse(text);
  };
  let failed = 0;
  const entries = (await readdir(directory, { withFileTypes: true })).filter(isShown);
  for (const name of entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)) {
    const folder = join(directory, name);
    try {
      const text = await readFile(join(folder, DESCRIPTION), "utf8");
      const description = descriptionSchema.parse(JSON.parse(text));
      const { inputs } = description;
      tell(
        inputs
          ? `${name}: ${await submit(folder, { ...description, inputs }, post)}`
          : `${name}: it is resource ${await deliver(folder, description, post)}`,
      );
    } catch (error) {
      failed += 1;
      tell(`${name}: not put in: ${error instanceof Error ? error.message : error}${hintFor(error)}`);
    }
  }
  return { failed };
}

/** The files of a name are put in once, so those of a changed sample are others than are there. */
function hintFor(error: unknown): string {
  const isOther = error instanceof GatewayRefusedError && error.code === "output_missing";
  return isOther ? ` (${RENAME})` : "";
}

/** Systems and editors keep files whose names begin with a dot. */
function isShown({ name }: { readonly name: string }): boolean {
  return !name.startsWith(".");
}

type Post = (path: string, body: unknown, headers?: Record<string, string>) => Promise<unknown>;

async function deliver(folder: string, { kind, title, params, roles, data }: Description, post: Post) {
  const name = basename(folder);
  const entries = (await readdir(folder, { withFileTypes: true })).filter(isShown);
  const subfolder = entries.find((entry) => entry.isDirectory());
  if (subfolder) throw new Error(`${subfolder.name} is a folder; the files of a result have no path`);
  const names = entries.map((entry) => entry.name).filter((file) => file !== DESCRIPTION);
  const files = await Promise.all(
    names.sort().map(async (file) => {
      const contentType = formatOfName(file)?.contentTypes[0];
      if (contentType === undefined) throw new Error(`${file} has no ending of a result's file`);
      return { name: file, contentType, size: (await stat(join(folder, file))).size };
    }),
  );
  const signed = signedSchema.parse(await post("/v1/admin/samples/files", { name, kind, files }));
  for (const { name: file, ...request } of signed.files) {
    await uploadInTime(join(folder, file), { name: file, ...request });
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
  description: Description & { inputs: Record<string, string> },
  post: Post,
): Promise<string> {
  const { kind, title, params, inputs: given } = description;
  const key = createHash("sha256")
    .update(JSON.stringify([basename(folder), description]))
    .digest("base64url");
  const inputs: Record<string, string> = {};
  for (const [role, file] of Object.entries(given)) {
    const path = join(folder, file);
    const contentType = typeOfEnding(file);
    if (contentType === undefined) throw new Error(`${file} has no ending of a video or photo`);
    const { id, ...request } = uploadSchema.parse(
      await post("/v1/admin/uploads", { contentType, size: (await stat(path)).size }),
    );
    await uploadInTime(path, { name: file, ...request });
    inputs[role] = id;
  }
  try {
    const made = await post("/v1/admin/samples", { kind, title, params, inputs }, { "idempotency-key": key });
    return `the engine makes it, job ${madeSchema.parse(made).id}`;
  } catch (error) {
    // The same sample with the uploads of an earlier run: its job is there.
    if (error instanceof GatewayRefusedError && error.code === "idempotency_key_reused") {
      return "it was submitted before";
    }
    throw error;
  }
}

async function uploadInTime(path: string, signed: SignedUpload): Promise<void> {
  const { size } = await stat(path);
  await upload(path, signed, AbortSignal.timeout(uploadMilliseconds(size)));
}
