import pMap from "p-map";
import { START_BYTES } from "../kinds/fileFormats.ts";
import { shownName } from "../kinds/fileName.ts";
import type { FileRole, Kind } from "../kinds/kind.ts";
import {
  formatOfName,
  issuesOf,
  problemsOfFiles,
  type ResultFile,
  type RuleProblem,
  rolesOf,
} from "../kinds/resultRules.ts";
import { errors, type InputIssue } from "../platform/errors.ts";
import type { ObjectStore } from "../platform/storage/objectStore.ts";
import type { Result } from "./resultDocument.ts";

/** A file as the engine or administrator who delivers a result names it; `announced` is undefined for one that may not be there. */
export interface DeliveredFile {
  readonly name: string;
  readonly role?: FileRole | undefined;
  readonly crc32c: string;
  /** Object name in the bucket of resources. */
  readonly object: string;
  readonly announced: { readonly contentType: string; readonly size: number } | undefined;
}

/** Calls to Cloud Storage at once: a set of 66 files then takes about as long as eight. */
const AT_ONCE = 8;

/**
 * The files of a result as they lie in the bucket, each with its role. Each must be there with the size and checksum it was delivered
 * with, and begin as its format does; what else is in it isn't looked at. The set must be one that the kind allows.
 * @throws `output_missing` when a file, or all that could be a role, is not there as it should; `outputs_rejected` when what is there
 *   can't be a result of the kind. Each issue names a file.
 */
export async function storedFiles(
  kind: Pick<Kind, "outputs">,
  delivered: readonly DeliveredFile[],
  objects: Pick<ObjectStore, "look" | "readStart">,
): Promise<Result["files"]> {
  const { roles, problems } = rolesOf(kind, delivered);
  const looked = await pMap(delivered, (file) => lookAt(file, objects), { concurrency: AT_ONCE });
  const missing: InputIssue[] = issuesOf(problems.filter(isMissing));
  const rejected: InputIssue[] = issuesOf(problems.filter((problem) => !isMissing(problem)));
  const rules: (ResultFile | undefined)[] = delivered.map(({ name, announced }, index) =>
    announced ? { name, role: roles[index], ...announced } : undefined,
  );
  rejected.push(
    ...issuesOf(
      problemsOfFiles(
        kind,
        rules.filter((file) => file !== undefined),
      ),
    ),
  );
  const files = looked.flatMap(({ stored, problem }, index): Result["files"] => {
    const { name } = delivered[index] ?? {};
    if (problem !== undefined && name !== undefined) {
      const issue = { path: `files.${index}`, message: `${shownName(name)} ${problem}` };
      (stored ? rejected : missing).push(issue);
    }
    const role = roles[index];
    return stored && role ? [{ ...stored, role }] : [];
  });
  if (missing.length > 0) throw errors.outputMissing(messageOf(missing), { issues: missing });
  if (rejected.length > 0) throw errors.outputsRejected(messageOf(rejected), { issues: rejected });
  return files;
}

interface Looked {
  readonly stored?: Omit<Result["files"][number], "role">;
  readonly problem?: string;
}

async function lookAt(
  { name, crc32c, object, announced }: DeliveredFile,
  objects: Pick<ObjectStore, "look" | "readStart">,
): Promise<Looked> {
  if (!announced) return { problem: "was not announced under this lease" };
  const there = await objects.look(object);
  if (!there) return { problem: "is not there" };
  const { size, generation } = there;
  if (size !== announced.size) return { problem: `has ${size} bytes instead of ${announced.size}` };
  if (there.crc32c !== crc32c) return { problem: "has another checksum" };
  const stored = { name, object, contentType: announced.contentType, size, crc32c, generation };
  const format = formatOfName(name);
  if (!format?.beginsWell) return { stored };
  const start = await objects.readStart(object, generation, START_BYTES);
  if (!start) return { problem: "is not there" };
  return format.beginsWell(start, start.length === size)
    ? { stored }
    : { stored, problem: `is no ${format.label} by its first bytes` };
}

function isMissing({ rule }: RuleProblem): boolean {
  return rule === "missing";
}

function messageOf(issues: readonly InputIssue[]): string {
  return issues[0]?.message ?? "the files can't be a result";
}
