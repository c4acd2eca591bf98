import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../build/functions.ts";
import { withAdditions } from "./addedFile.ts";
import { deployment } from "./deployment.ts";

/** What Terraform and its tests read; made by `npm run deployment`. */
function expected(): Readonly<Record<string, unknown>> {
  const data = deployment();
  return { "terraform/reverie.json": data, "terraform/tests/added.json": withAdditions(data) };
}

/** Writes the files. */
export function writeDeploymentFiles(): void {
  for (const [file, content] of Object.entries(expected())) writeFileSync(join(ROOT, file), textOf(content));
}

/** A sentence for each file that is not what the project's data says. */
export function deploymentFileProblems(): string[] {
  return Object.entries(expected())
    .filter(([file, content]) => readFileSync(join(ROOT, file), "utf8") !== textOf(content))
    .map(([file]) => `${file} is not what the project's data says: npm run deployment`);
}

function textOf(content: unknown): string {
  return `${JSON.stringify(content, null, 2)}\n`;
}
