/**
 * `npm run secrets -- --project ID` gives the secrets of a deployment their first values; `--check` only says which have none, and
 * `--rotate NAME` replaces one. Values go from here to Secret Manager and nowhere else.
 */
import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import { GoogleAuth } from "google-auth-library";
import { deployment } from "../deploy/deployment.ts";
import { fillSecrets, missingSecrets, rotateSecret } from "./run.ts";
import { secretManager } from "./secretManager.ts";

const { values } = parseArgs({
  options: { project: { type: "string" }, check: { type: "boolean" }, rotate: { type: "string" } },
});
if (values.project === undefined) throw new Error("--project names the Google Cloud project");

const auth = new GoogleAuth({ scopes: "https://www.googleapis.com/auth/cloud-platform" });
const secrets = secretManager(values.project, async () => (await auth.getAccessToken()) ?? "");
const names = deployment().secrets;
const terminal = createInterface({ input: process.stdin, output: process.stderr });
const deps = {
  secrets,
  randomBytes,
  ask: (name: string) => terminal.question(`${name} (empty to leave it out): `),
  say: (line: string) => console.log(line),
};
try {
  if (values.check) {
    const missing = await missingSecrets(names, deps);
    for (const line of missing) console.error(line);
    process.exitCode = missing.length > 0 ? 1 : 0;
  } else if (values.rotate !== undefined) await rotateSecret(values.rotate, deps);
  else await fillSecrets(names, deps);
} finally {
  terminal.close();
}
