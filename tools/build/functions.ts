/** Bundles each function into a folder that is deployed by itself. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build, transform } from "esbuild";
import pMap from "p-map";
import { type FunctionName, functions } from "#shared/manifest.ts";
import { lazyRoutes } from "./lazyRoutes.ts";
import { restFirestorePlugin } from "./restFirestorePlugin.ts";
import { sourcePlugin } from "./sourcePlugin.ts";
import { tasksClientPlugin } from "./tasksClientPlugin.ts";
import { webObjects } from "./webObjects.ts";
import { noOpenapiPlugin, zodParts } from "./zodParts.ts";

/** The project's root directory. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Functions that use Firestore by Google's client only: no person waits for their starts. All others read and write it by REST. */
const BY_GRPC: ReadonlySet<FunctionName> = new Set(["admin", "sweep"]);

/** The names of all functions, in the manifest's order. */
// Object.keys forgets that the manifest's keys are exactly FunctionName.
export const functionNames = Object.keys(functions) as FunctionName[];

/**
 * Writes `<outDir>/<name>/` for each function: `index.js`, the parts that are loaded later, and a `package.json`. Nothing is left out but the
 * functions framework, which the platform's build installs.
 */
export async function buildFunctions(
  outDir: string,
  names: readonly FunctionName[] = functionNames,
): Promise<void> {
  const missing = names.filter((name) => !existsSync(entryOf(name)));
  if (missing.length > 0)
    throw new Error(`the manifest lists functions without an index.ts: ${missing.join(", ")}`);
  await Promise.all(names.map((name) => rm(join(outDir, name), { recursive: true, force: true })));
  // All at once, esbuild takes 3.6 GB of memory, and a third more CPU time to keep it in order.
  await pMap(names, (name) => bundle(name, join(outDir, name)), { concurrency: availableParallelism() });
  await Promise.all(names.map((name) => writePackage(outDir, name)));
}

/**
 * One file for what every start needs, and one for each part that is loaded when it is first used (`import()`). They are split as ES modules, which is
 * the only form that can be split, and become CommonJS: that imports no built-in module's whole list of names, as ES modules do, and so
 * leaves out Node's HTTP client until it is used.
 */
async function bundle(name: FunctionName, outdir: string): Promise<void> {
  const { outputFiles } = await parts(name, outdir);
  await mkdir(outdir, { recursive: true });
  await Promise.all(
    outputFiles.map(async ({ path, text }) => {
      const { code } = await transform(text, {
        ...COMMON,
        format: "cjs",
        // As a call of `require`, which gives the other file's names as they are.
        supported: { "dynamic-import": false },
        minifySyntax: true,
        minifyWhitespace: true,
      });
      await writeFile(path, isOnlyDefault(text) ? `${code}${GIVE_NAMES}` : code);
    }),
  );
}

const COMMON = { target: "node24", platform: "node", legalComments: "none" } as const;

/** The files of a bundle as ES modules, and what each is made of. Nothing is written. */
export function parts(name: FunctionName, outdir = join(ROOT, "dist", name)) {
  return build({
    ...COMMON,
    absWorkingDir: ROOT,
    entryPoints: { index: entryOf(name) },
    outdir,
    write: false,
    chunkNames: "[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    // pg asks for its native binding only when that is set.
    external: ["@google-cloud/functions-framework", "pg-native"],
    define: { "performance.now": "monotonicNow" },
    banner: { js: MONOTONIC_NOW },
    plugins: [
      ...[tasksClientPlugin, noOpenapiPlugin, sourcePlugin([webObjects(ROOT), zodParts, lazyRoutes])],
      ...(BY_GRPC.has(name) ? [] : [restFirestorePlugin]),
    ],
    metafile: true,
    logLevel: "warning",
  });
}

/** In place of `performance.now()`: Node loads all that it can measure when `performance` is first touched. */
const MONOTONIC_NOW =
  "function monotonicNow() { const [seconds, nanoseconds] = process.hrtime(); return seconds * 1e3 + nanoseconds / 1e6; }";

/**
 * Whether a part of a bundle is a CommonJS package that `import()` loads: esbuild gives its names under `default` only. They are given as
 * they are too, since code reads them so.
 */
function isOnlyDefault(part: string): boolean {
  return /^export default require_\w+\(\);$/m.test(part);
}
const GIVE_NAMES = "module.exports={...module.exports.default,default:module.exports.default};\n";

/** Where processes on this machine keep what V8 compiles; the local cloud tells functions. */
export const COMPILED = join(ROOT, "node_modules/.cache/reverie/compiled");

/**
 * Loads each function once as the framework does, with all parts that are loaded later, so that V8 keeps what it compiles of both and no start on
 * this machine compiles it again. In a deployed image `gcp-build` does the same.
 * @param cache the folder that V8 keeps it in
 */
export async function keepCompiled(
  outDir: string,
  names: readonly FunctionName[] = functionNames,
  cache = COMPILED,
): Promise<void> {
  const load = promisify(execFile);
  const env = { ...process.env, NODE_COMPILE_CACHE: cache, NODE_PATH: MODULES };
  for (const name of names) await load(process.execPath, [join(outDir, name, LOADER)], { env });
}

const MODULES = join(ROOT, "node_modules");
const LOADER = "compile.cjs";

/** Starts the framework with the function, up to where it would listen. */
function loaderOf(name: FunctionName): string {
  return `"use strict";
const { readdirSync } = require("node:fs");
const { Server } = require("node:net");
const { join } = require("node:path");
Server.prototype.listen = function () {
  setImmediate(() => {
    for (const file of readdirSync(__dirname)) if (file.endsWith(".js")) require(join(__dirname, file));
    process.exit();
  });
  return this;
};
Object.assign(process.env, { FUNCTION_TARGET: "${name}", FUNCTION_SOURCE: __dirname, FUNCTION_SIGNATURE_TYPE: "${signatureOf(name)}" });
require(join(require.resolve("@google-cloud/functions-framework"), "../main.js"));
`;
}

function signatureOf(name: FunctionName): "http" | "cloudevent" {
  return functions[name].trigger.type === "http" ? "http" : "cloudevent";
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
      "gcp-build": `NODE_COMPILE_CACHE=./.compiled node ${LOADER}`,
    },
    engines: { node: "24" },
    dependencies: { [framework]: dependencies[framework] },
  };
  await mkdir(join(outDir, name), { recursive: true });
  await writeFile(join(outDir, name, "package.json"), `${JSON.stringify(content, null, 2)}\n`);
  await writeFile(join(outDir, name, LOADER), loaderOf(name));
  if (isPushed) await writeFile(join(outDir, name, PUSHED_ENTRY), pushedEntry(name));
}

const PUSHED_ENTRY = "pushed.js";

/** Registers the function as one of CloudEvents, which the framework makes of a push, also when it is started as an HTTP function. */
function pushedEntry(name: FunctionName): string {
  return `"use strict";\nrequire("@google-cloud/functions-framework").cloudEvent("${name}", require("./index.js").${name});\n`;
}
