import { opendirSync, readdirSync } from "node:fs";
import { getCompileCacheDir } from "node:module";

/** How many files are in the cache that NODE_COMPILE_CACHE names: V8 writes to it when the process ends, so they are of an earlier one. */
export function compiledFiles(): number {
  const dir = getCompileCacheDir();
  if (dir === undefined) return 0;
  try {
    return readdirSync(dir).length;
  } catch {
    return 0; // not made yet
  }
}

/** Whether there are any, which is known without reading the whole folder. */
export function hasCompiledFiles(): boolean {
  const dir = getCompileCacheDir();
  if (dir === undefined) return false;
  try {
    const folder = opendirSync(dir);
    const first = folder.readSync();
    folder.closeSync();
    return first !== null;
  } catch {
    return false; // not made yet
  }
}
