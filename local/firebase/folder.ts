/** The folder that the emulator suite works in: a `firebase.json` of its own, the functions, and the origin's static files. */
import { copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { emulatorManifest } from "../build/emulatorManifest.ts";
import { actualFirebaseJson } from "../build/firebaseJson.ts";
import { buildFunctions, functionNames, ROOT } from "../build/functions.ts";
import { writePublicFiles } from "../build/publicFiles.ts";
import { type SuitePorts, writeSuiteConfig } from "./suite.ts";

export interface SuiteFolder {
  readonly dir: string;
  /** Bundles the functions and writes the static files; the emulators may start meanwhile. */
  build(): Promise<void>;
  /** Gives each function its environment; must be there before the first call. */
  writeEnvironments(environments: Readonly<Record<string, Readonly<Record<string, string>>>>): void;
}

const LOADER = fileURLToPath(new URL("./functionLoader.ts", import.meta.url));

/**
 * Makes the folder anew.
 * @param buckets the bucket behind each setting that names one
 */
export function makeSuiteFolder(
  dir: string,
  ports: SuitePorts,
  buckets: Readonly<Record<string, string | undefined>>,
): SuiteFolder {
  rmSync(dir, { recursive: true, force: true });
  const functionsDir = join(dir, "functions");
  const publicDir = join(dir, "public");
  for (const made of [join(functionsDir, "bundles"), publicDir]) mkdirSync(made, { recursive: true });

  const { hosting } = JSON.parse(actualFirebaseJson());
  writeSuiteConfig(dir, ports, hosting);
  for (const file of ["firestore.rules", "firestore.indexes.json"])
    copyFileSync(join(ROOT, file), join(dir, file));

  writeFileSync(join(functionsDir, "functions.yaml"), emulatorManifest(functionNames, buckets));
  writeFileSync(join(functionsDir, "package.json"), emulatorPackage());
  writeFileSync(
    join(functionsDir, "index.js"),
    `module.exports = require(${JSON.stringify(LOADER)}).loadFunction(__dirname);\n`,
  );
  symlinkSync(join(ROOT, "node_modules"), join(functionsDir, "node_modules"), "junction");
  return {
    dir,
    async build() {
      await Promise.all([buildFunctions(join(functionsDir, "bundles")), writePublicFiles(publicDir)]);
    },
    writeEnvironments(environments) {
      writeFileSync(join(functionsDir, "environment.json"), JSON.stringify(environments), { mode: 0o600 });
    },
  };
}

/** The functions emulator insists on these two packages, though our functions are plain handlers. */
function emulatorPackage(): string {
  return JSON.stringify({
    name: "reverie-functions",
    private: true,
    main: "index.js",
    engines: { node: "24" },
    dependencies: { "firebase-admin": "*", "firebase-functions": "*" },
  });
}
