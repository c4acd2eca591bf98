/** Bundles each function into a folder that is deployed by itself. */
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { type FunctionName, functions } from "#shared/manifest.ts";
import { tasksClientPlugin } from "./tasksClientPlugin.ts";
import { zodOpenapiPlugin } from "./zodOpenapiPlugin.ts";

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
    plugins: [tasksClientPlugin, zodOpenapiPlugin],
    sourcemap: "linked",
    sourcesContent: false,
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    logLevel: "warning",
  });
  await Promise.all(names.map((name) => writePackage(outDir, name)));
}

function entryOf(name: FunctionName): string {
  return join(ROOT, "functions", name, "index.ts");
}

/**
 * Beside the bundle a package.json: the platform's build installs the framework, then runs `gcp-build`, which has V8 keep what it compiles of
 * both, so that no instance compiles it again. A function that a topic is pushed to has an entry of its own, since the platform takes
 * it for an HTTP function.
 */
async function writePackage(outDir: string, name: FunctionName): Promise<void> {
  const framework = "@google-cloud/functions-framework";
  const isPushed = functions[name].trigger.type === "pubsub";
  const { dependencies, version, license } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const content = {
    name: `reverie-${name}`,
    version,
    private: true,
    license,
    type: "commonjs",
    main: isPushed ? PUSHED_ENTRY : "index.js",
    scripts: {
      "gcp-build": `NODE_COMPILE_CACHE=./.compiled node -e 'require("${framework}"); require(".")'`,
    },
    engines: { node: "24" },
    dependencies: { [framework]: dependencies[framework] },
  };
  await mkdir(join(outDir, name), { recursive: true });
  await writeFile(join(outDir, name, "package.json"), `${JSON.stringify(content, null, 2)}\n`);
  if (isPushed) await writeFile(join(outDir, name, PUSHED_ENTRY), pushedEntry(name));
}

const PUSHED_ENTRY = "pushed.js";

/** Registers the function as one of CloudEvents, which the framework makes of a push, also when it is started as an HTTP function. */
function pushedEntry(name: FunctionName): string {
  return `"use strict";\nrequire("@google-cloud/functions-framework").cloudEvent("${name}", require("./index.js").${name});\n`;
}
