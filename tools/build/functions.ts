/** Bundles each function into a folder that is deployed by itself. */
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { type FunctionName, functions } from "#shared/manifest.ts";
import { tasksClientPlugin } from "./tasksClientPlugin.ts";

/** The project's root directory. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The names of all functions, in the manifest's order. */
// Object.keys forgets that the manifest's keys are exactly FunctionName.
export const functionNames = Object.keys(functions) as FunctionName[];

/**
 * Writes `<outDir>/<name>/index.js` and its `package.json` for each function: everything in one CommonJS file with a source map,
 * except the functions framework, which the platform's build installs.
 */
export async function buildFunctions(
  outDir: string,
  names: readonly FunctionName[] = functionNames,
): Promise<void> {
  const missing = names.filter((name) => !existsSync(entryOf(name)));
  if (missing.length > 0)
    throw new Error(`the manifest lists functions without an index.ts: ${missing.join(", ")}`);
  await Promise.all(names.map((name) => rm(join(outDir, name), { recursive: true, force: true })));
  await build({
    absWorkingDir: ROOT,
    entryPoints: names.map((name) => ({ in: entryOf(name), out: join(name, "index") })),
    outdir: outDir,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "cjs",
    // pg asks for its native binding only when that is set.
    external: ["@google-cloud/functions-framework", "pg-native"],
    plugins: [tasksClientPlugin],
    sourcemap: "linked",
    sourcesContent: false,
    minifySyntax: true,
    minifyWhitespace: true,
    keepNames: true,
    legalComments: "none",
    logLevel: "warning",
  });
  await Promise.all(names.map((name) => writePackage(outDir, name)));
}

function entryOf(name: FunctionName): string {
  return join(ROOT, "functions", name, "index.ts");
}

async function writePackage(outDir: string, name: FunctionName): Promise<void> {
  const framework = "@google-cloud/functions-framework";
  const { dependencies, version, license } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const content = {
    name: `reverie-${name}`,
    version,
    private: true,
    license,
    type: "commonjs",
    main: "index.js",
    engines: { node: "24" },
    dependencies: { [framework]: dependencies[framework] },
  };
  await mkdir(join(outDir, name), { recursive: true });
  await writeFile(join(outDir, name, "package.json"), `${JSON.stringify(content, null, 2)}\n`);
}
