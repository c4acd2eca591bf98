/** The migrations' job as a folder that an image is built from: one file, the migrations, a Dockerfile. */
import { copyFileSync, cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { ROOT } from "./functions.ts";

/** Writes the folder. */
export async function buildMigrationsJob(dir: string): Promise<void> {
  mkdirSync(dir, { recursive: true });
  cpSync(join(ROOT, "shared/platform/sql/migrations"), join(dir, "migrations"), { recursive: true });
  copyFileSync(join(ROOT, "tools/build/Dockerfile.migrations"), join(dir, "Dockerfile"));
  await build({
    absWorkingDir: ROOT,
    entryPoints: ["tools/migrations/main.ts"],
    outfile: join(dir, "index.mjs"),
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    external: ["pg-native"],
    // What is bundled is partly CommonJS, which asks for `require`.
    banner: {
      js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
    },
    legalComments: "none",
    logLevel: "warning",
  });
}
