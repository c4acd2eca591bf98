import { readdirSync, statSync } from "node:fs";
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

/** Whether the cache is of an earlier process: V8 makes its folder when there is none, and reading a large folder takes long. */
export function hasCompiledFiles(): boolean {
  const dir = getCompileCacheDir();
  if (dir === undefined) return false;
  const startedAt = Date.now() - process.uptime() * 1000;
  return (statSync(dir, { throwIfNoEntry: false })?.birthtimeMs ?? startedAt) < startedAt;
}
