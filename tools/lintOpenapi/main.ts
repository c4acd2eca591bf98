/** `npm run openapi`: holds the API's OpenAPI document to Redocly's recommended rules (`redocly.yaml`). Asks no one over the network. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ROOT } from "../build/functions.ts";
import { openApiDocument } from "../build/openapi.ts";

const cli = join(dirname(createRequire(import.meta.url).resolve("@redocly/cli/package.json")), "bin/cli.js");
const dir = mkdtempSync(join(tmpdir(), "reverie-openapi-"));
try {
  const file = join(dir, "openapi.json");
  writeFileSync(file, JSON.stringify(await openApiDocument(), null, 2));
  const { status } = spawnSync(
    process.execPath,
    [cli, "lint", file, "--config", join(ROOT, "redocly.yaml"), "--format", "stylish"],
    { stdio: "inherit", env: { ...process.env, REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" } },
  );
  process.exitCode = status ?? 1;
} finally {
  rmSync(dir, { recursive: true, force: true });
}
