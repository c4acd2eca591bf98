import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { z } from "zod";
import { cachedConsole } from "./consoleBundle.ts";

/** What a first visit may load, as Hosting compresses it. */
const FIRST_PAGE_BYTES = 120 * 1024;

const manifestSchema = z.record(
  z.string(),
  z.object({
    file: z.string(),
    imports: z.array(z.string()).optional(),
    dynamicImports: z.array(z.string()).optional(),
  }),
);

test("the first page loads at most 120 KB of compressed JavaScript, and no viewer", async () => {
  const folder = await cachedConsole();
  const manifest = manifestSchema.parse(
    JSON.parse(readFileSync(join(folder, ".vite/manifest.json"), "utf8")),
  );
  const loaded = new Set<string>();
  const load = (name: string) => {
    const part = manifest[name];
    if (part === undefined) throw new Error(`the manifest has no ${name}`);
    if (loaded.has(part.file)) return;
    loaded.add(part.file);
    part.imports?.forEach(load);
  };
  load("index.html");
  // The texts of one language come with it; the larger ones.
  const size = (file: string) => gzipSync(readFileSync(join(folder, file))).length;
  const languages = ["src/i18n/en.ts", "src/i18n/ko.ts"].map((name) => manifest[name]?.file ?? name);
  const total = [...loaded].reduce((sum, file) => sum + size(file), 0) + Math.max(...languages.map(size));
  assert.ok(total <= FIRST_PAGE_BYTES, `${total} bytes: ${[...loaded].join(", ")}`);
  assert.ok(loaded.size >= 2);
  const viewers = Object.keys(manifest).filter((name) =>
    /^src\/look\/|node_modules\/(three|firebase)/.test(name),
  );
  for (const name of viewers) assert.ok(!loaded.has(manifest[name]?.file ?? ""), name);
});
