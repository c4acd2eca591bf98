/** The folder that the emulator suite works in: a `firebase.json` of its own, the functions, and the origin's static files. */
import { copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { type FunctionManifest, functions } from "#shared/manifest.ts";
import { cachedBundles } from "#tools/build/cachedBundles.ts";
import type { ConsoleConfig } from "#tools/build/consoleConfig.ts";
import { hostingConfig } from "#tools/build/firebaseJson.ts";
import { functionNames, ROOT } from "#tools/build/functions.ts";
import { writeConsoleConfig, writePublicFiles } from "#tools/build/publicFiles.ts";
import { emulatorManifest } from "./emulatorManifest.ts";
import { SETTINGS_FILE, type WorkerSettings } from "./functionLoader.ts";
import type { InvokerCheck } from "./invoker.ts";
import { type SuitePorts, writeSuiteConfig } from "./suite.ts";

export interface SuiteFolder {
  readonly dir: string;
  /** Bundles the functions and writes the static files; the emulators may start meanwhile. */
  build(): Promise<void>;
  /** Gives each function its environment, and private ones the check of their callers; must be there before the first call. */
  writeEnvironments(
    environments: Readonly<Record<string, Readonly<Record<string, string>>>>,
    invokers: Readonly<Record<string, InvokerCheck>>,
  ): void;
}

const LOADER = fileURLToPath(new URL("./functionLoader.ts", import.meta.url));

/**
 * Makes the folder again from nothing.
 * @param buckets the bucket behind each setting that names one
 * @param consoleConfig what the console reads about this cloud
 */
export function makeSuiteFolder(
  dir: string,
  ports: SuitePorts,
  buckets: Readonly<Record<string, string | undefined>>,
  consoleConfig: ConsoleConfig,
): SuiteFolder {
  rmSync(dir, { recursive: true, force: true });
  const functionsDir = join(dir, "functions");
  const publicDir = join(dir, "public");
  for (const made of [functionsDir, publicDir]) mkdirSync(made, { recursive: true });

  writeSuiteConfig(dir, ports, hostingConfig(consoleConfig));
  for (const file of ["firestore.rules", "firestore.indexes.json"])
    copyFileSync(join(ROOT, file), join(dir, file));
  writeFileSync(join(functionsDir, "functions.yaml"), emulatorManifest(functionNames, buckets));
  writePackages(functionsDir);
  return {
    dir,
    async build() {
      await Promise.all([
        cachedBundles().then((bundles) => symlinkSync(bundles, join(functionsDir, "bundles"), "junction")),
        buildLoader(functionsDir),
        writePublicFiles(publicDir),
        writeConsoleConfig(publicDir, consoleConfig),
      ]);
    },
    writeEnvironments(environments, invokers) {
      const settings: Record<string, WorkerSettings> = {};
      for (const name of functionNames) {
        settings[name] = {
          environment: environments[name] ?? {},
          redelivered: isForgotten(functions[name]),
          invoker: invokers[name],
        };
      }
      writeFileSync(join(functionsDir, SETTINGS_FILE), JSON.stringify(settings), { mode: 0o600 });
    },
  };
}

/** Whether production would deliver again what fails here; our storage stand-in does so itself. */
function isForgotten({ trigger }: FunctionManifest): boolean {
  return trigger.type !== "http" && trigger.type !== "storage" && trigger.retry;
}

async function buildLoader(functionsDir: string): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: [LOADER],
    outfile: join(functionsDir, "loader.js"),
    bundle: true,
    platform: "node",
    target: "node24",
    format: "cjs",
    logLevel: "warning",
  });
  writeFileSync(
    join(functionsDir, "index.js"),
    'module.exports = require("./loader.js").loadFunction(__dirname);\n',
  );
}

/**
 * The functions emulator insists that these two packages are declared and installed, and loads them in every worker. Our functions
 * are plain handlers, and what they use is in their bundles, so here they are empty packages of the installed versions.
 */
function writePackages(functionsDir: string): void {
  const names = ["firebase-admin", "firebase-functions"];
  const versions = names.map((name): [string, string] => {
    const { version } = JSON.parse(readFileSync(join(ROOT, "node_modules", name, "package.json"), "utf8"));
    return [name, version];
  });
  for (const [name, version] of versions) {
    const dir = join(functionsDir, "node_modules", name);
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, "package.json"), JSON.stringify({ name, version, main: "index.js" }));
    writeFileSync(join(dir, "index.js"), "module.exports = {};\n");
  }
  const description = {
    name: "reverie-functions",
    private: true,
    main: "index.js",
    engines: { node: "24" },
    dependencies: Object.fromEntries(versions),
  };
  writeFileSync(join(functionsDir, "package.json"), JSON.stringify(description));
}
