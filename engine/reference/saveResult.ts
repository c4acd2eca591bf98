import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ConvertedFile } from "./conversion.ts";

/** Writes one result file. */
export async function saveResult(
  directory: string,
  name: string,
  contentType: string,
  bytes: Uint8Array,
): Promise<ConvertedFile> {
  const path = join(directory, name);
  await writeFile(path, bytes);
  return { name, contentType, path, size: bytes.byteLength };
}
