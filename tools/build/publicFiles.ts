/** The static files of the one origin: the OpenAPI document and the page that shows it. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { docsPage, notFoundPage } from "./docsPage.ts";
import { openApiDocument } from "./openapi.ts";

/** Writes `v1/openapi.json`, `docs.html` and the page for a path that no function and no file has. */
export async function writePublicFiles(dir: string): Promise<void> {
  const document = await openApiDocument();
  await mkdir(join(dir, "v1"), { recursive: true });
  await Promise.all([
    writeFile(join(dir, "v1", "openapi.json"), `${JSON.stringify(document, null, 2)}\n`),
    writeFile(join(dir, "docs.html"), docsPage(document)),
    writeFile(join(dir, "404.html"), notFoundPage()),
  ]);
}
