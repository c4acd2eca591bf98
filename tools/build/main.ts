/** `npm run build`: everything that is deployed, into `dist/`. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buckets } from "#local/cloud/plan.ts";
import { emulatorManifest } from "./emulatorManifest.ts";
import { buildFunctions, functionNames, ROOT } from "./functions.ts";
import { writePublicFiles } from "./publicFiles.ts";

const dist = join(ROOT, "dist");
rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
await Promise.all([buildFunctions(dist), writePublicFiles(join(dist, "public"))]);
writeFileSync(join(dist, "functions.yaml"), emulatorManifest(functionNames, buckets));
console.log(
  `built ${functionNames.length} functions, the API's description and the emulator's manifest into dist/`,
);
