/** Which room may import which, and where the environment is read and clients are made. */
import { isTest, type Source } from "./sources.ts";

/** Where the environment is read and clients of other services are made. */
const EDGES = ["shared/platform/"];
/** What makes a client; a class of the same package that holds a value, as Timestamp, may be used anywhere. */
const MAKES_CLIENT =
  /\bnew (?:\w+\.)?(?:Firestore|Storage|PubSub|CloudTasksClient|GoogleAuth|OAuth2Client|Pool|Client)\(|\b(?:initializeApp|createTransport)\(/;

/**
 * What is wrong with the layering, a sentence each.
 * - a function imports from its own folder and from shared/, never from another function;
 * - shared/ imports from no function;
 * - nothing imports local/, tests/ or bench/ but they themselves, and tests;
 * - outside the edges nothing reads the environment or makes a client.
 */
export function layeringProblems(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => [...importProblems(source), ...edgeProblems(source)]);
}

function importProblems({ path, imports }: Source): string[] {
  if (isAround(path)) return [];
  const ownFolder = path.startsWith("functions/") ? path.split("/").slice(0, 2).join("/") : undefined;
  return imports.flatMap((target) => {
    if (isAround(target))
      return isTest(path) ? [] : [`${path} imports ${target}: nothing that is deployed may`];
    if (!target.startsWith("functions/")) return [];
    if (ownFolder === undefined) return [`${path} imports ${target}: shared/ knows no function`];
    return target.startsWith(`${ownFolder}/`)
      ? []
      : [`${path} imports ${target}: what two functions need belongs in shared/`];
  });
}

function edgeProblems({ path, text }: Source): string[] {
  if (isAround(path) || isTest(path) || EDGES.some((edge) => path.startsWith(edge))) return [];
  const problems: string[] = [];
  if (/\bprocess\.env\b/.test(text))
    problems.push(`${path} reads process.env: settings come from shared/platform/config`);
  const made = MAKES_CLIENT.exec(text)?.[0];
  if (made !== undefined) problems.push(`${path} makes a client (${made}): that belongs in shared/platform`);
  return problems;
}

function isAround(path: string): boolean {
  return /^(engine|local|tools|tests|bench)\//.test(path);
}
