/** Where the outside is touched: outside shared/platform nothing that is deployed reads the environment or makes a client. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../build/functions.ts";

export interface Source {
  /** Path from the root, with `/`. */
  readonly path: string;
  readonly text: string;
}

const EDGE = "shared/platform/";
/** What makes a client; a class of the same package that holds a value, as Timestamp, may be used anywhere. */
export const MAKES_CLIENT =
  /\bnew (?:\w+\.)?(?:Firestore|Storage|PubSub|CloudTasksClient|GoogleAuth|OAuth2Client|Pool|Client)\(|\b(?:initializeApp|createTransport)\(/;

/** What is deployed, tests left out. */
export function deployedSources(): Source[] {
  return globSync("{functions,shared}/**/*.ts", { cwd: ROOT })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => !path.endsWith(".test.ts"))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));
}

/** What touches the outside and may not, a sentence each. */
export function edgeProblems(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => !path.startsWith(EDGE))
    .flatMap(({ path, text }) => {
      const problems: string[] = [];
      if (/\bprocess\.env\b/.test(text))
        problems.push(`${path} reads process.env: settings come from shared/platform/config`);
      const made = MAKES_CLIENT.exec(text)?.[0];
      if (made !== undefined)
        problems.push(`${path} makes a client (${made}): that belongs in shared/platform`);
      return problems;
    });
}
