/** The static files of the one origin: the console, the OpenAPI document, and Swagger UI as the page that shows it. */
import { copyFile, cp, mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeConsole } from "./consoleBundle.ts";
import type { ConsoleConfig } from "./consoleConfig.ts";
import { openApiDocument } from "./openapi.ts";

const OURS = fileURLToPath(new URL("./public", import.meta.url));
const SWAGGER_UI = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
/** Of the package's files, those that the page loads. */
const LOADED = ["swagger-ui.css", "swagger-ui-bundle.js", "LICENSE", "NOTICE"];

/**
 * Writes the console, `v1/openapi.json`, the page at `/docs` with what it loads, and what the origin shows for a path that leads nowhere.
 * @param origin where the API is; unless given, the document names the origin that it is read from
 */
export async function writePublicFiles(dir: string, origin?: string): Promise<void> {
  const document = await openApiDocument(origin);
  await cp(OURS, dir, { recursive: true });
  await mkdir(join(dir, "v1"), { recursive: true });
  await Promise.all([
    writeConsole(dir),
    writeFile(join(dir, "v1", "openapi.json"), `${JSON.stringify(document, null, 2)}\n`),
    ...LOADED.map((file) => copyFile(join(SWAGGER_UI, file), join(dir, "assets", "docs", file))),
  ]);
}

/** Writes `config.json`, which tells the console of its deployment. */
export async function writeConsoleConfig(dir: string, config: ConsoleConfig): Promise<void> {
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, "config.json"), `${JSON.stringify(config, null, 2)}\n`);
}
