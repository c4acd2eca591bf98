/** Puts models into the cloud as samples, which everyone sees. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Endpoints } from "../cloud.ts";

export interface Sample {
  /** Small letters, digits and hyphens; unique in the cloud. */
  readonly name: string;
  readonly title: string;
  readonly kind: "scene" | "avatar";
  readonly model: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** @returns the resources' ids by the samples' names */
export async function addSamples(
  cloud: Endpoints,
  samples: readonly Sample[],
): Promise<ReadonlyMap<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), "reverie-samples-"));
  for (const { name, title, kind, model, files } of samples) {
    await mkdir(join(folder, name));
    const description = { kind, title, params: {}, roles: { [model]: "model" } };
    await writeFile(join(folder, name, "sample.json"), JSON.stringify(description));
    for (const [file, bytes] of files) await writeFile(join(folder, name, file), bytes);
  }
  // As an administrator puts them in: `npm run samples`. It fails when one was refused.
  const options = ["--api", cloud.api, "--key-file", cloud.adminKeyFile];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    "local/samples/main.ts",
    folder,
    ...options,
  ]);
  await rm(folder, { recursive: true });
  const lines = `${stdout}${stderr}`.matchAll(/([\w-]+): it is resource (\w+)$/gm);
  const ids = new Map([...lines].map(([, name = "", id = ""]) => [name, id]));
  return ids;
}
