/** `npm run client` writes the types of the console's API client; with `-- --check` it fails when they differ from the API. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { clientTypes, SCHEMA_FILE } from "./generate.ts";

const expected = await clientTypes();
if (!process.argv.includes("--check")) {
  writeFileSync(SCHEMA_FILE, expected);
} else if (!existsSync(SCHEMA_FILE) || readFileSync(SCHEMA_FILE, "utf8") !== expected) {
  console.error(`${SCHEMA_FILE} is not what the API's document says: run npm run client`);
  process.exitCode = 1;
}
