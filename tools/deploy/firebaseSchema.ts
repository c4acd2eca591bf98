import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { ROOT } from "../build/functions.ts";

/** Made from the types of the Firebase command line, and shipped with it. */
const SCHEMA = join(ROOT, "node_modules/firebase-tools/schema/firebase-config.json");

/** A sentence for each part of firebase.json that the Firebase command line doesn't know. */
export function firebaseJsonProblems(text = readFileSync(join(ROOT, "firebase.json"), "utf8")): string[] {
  const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, strict: false });
  const validate = ajv.compile(JSON.parse(readFileSync(SCHEMA, "utf8")));
  if (validate(JSON.parse(text))) return [];
  const problems = (validate.errors ?? []).map(
    ({ instancePath, message }) => `firebase.json: ${instancePath || "/"} ${message}`,
  );
  return [...new Set(problems)];
}
