/** `npm run build`: everything that is deployed, into `dist/`. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildFunctions, functionNames, keepCompiled, ROOT } from "./functions.ts";
import { buildMigrationsJob } from "./migrationsJob.ts";
import { writePublicFiles } from "./publicFiles.ts";
import { writeZips } from "./zips.ts";

const dist = join(ROOT, "dist");
rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
await Promise.all([
  buildFunctions(dist),
  buildMigrationsJob(join(dist, "migrations")),
  writePublicFiles(join(dist, "public"), process.env.PUBLIC_ORIGIN),
]);
writeZips(dist, functionNames);
await keepCompiled(dist);
console.log(`built ${functionNames.length} functions, the console and the API's description into dist/`);
