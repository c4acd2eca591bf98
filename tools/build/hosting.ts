/**
 * What is known of a deployment only once its functions are there, written beside the files of `npm run build`: the console's
 * `config.json`, and the `firebase.json` that Hosting is deployed with.
 *
 *   npm run hosting -- --values FILE
 *
 * FILE is JSON, as `terraform output -json console` gives it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { STORAGE_ORIGIN } from "./consoleConfig.ts";
import { hostingConfig } from "./firebaseJson.ts";
import { ROOT } from "./functions.ts";
import { writeConsoleConfig } from "./publicFiles.ts";

const valuesSchema = z.object({
  projectId: z.string().min(1),
  apiKey: z.string().min(1),
  eventsOrigin: z.url({ protocol: /^https$/ }).transform((url) => new URL(url).origin),
});

const { values } = parseArgs({ options: { values: { type: "string" } } });
if (values.values === undefined) throw new Error("--values FILE is missing");
const given = valuesSchema.parse(JSON.parse(readFileSync(values.values, "utf8")));
const config = { ...given, storageOrigin: STORAGE_ORIGIN, emulators: null };
const dist = join(ROOT, "dist");
await writeConsoleConfig(join(dist, "public"), config);
const content = { hosting: { ...hostingConfig(config), public: "public" } };
writeFileSync(join(dist, "firebase.json"), `${JSON.stringify(content, null, 2)}\n`);
