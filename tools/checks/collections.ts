/** Firestore's paths: each collection is named once, beside the schema of its documents, and operations use that. */
import type { Source } from "./edges.ts";

/** Makes every typed collection. */
const MAKER = "shared/platform/firestore/collection.ts";
/** Where a collection's name stands: beside the schema of its documents. */
const NAMERS = /Document\.ts$|^shared\/platform\/idempotency\/record\.ts$/;

/** Where a source uses Firestore without the typed collections, a sentence each. */
export function collectionProblems(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => path !== MAKER)
    .flatMap(({ path, text }) => {
      const problems: string[] = [];
      const raw = /\.(?:collection|collectionGroup)\s*\(|\bfirestore\s*\.doc\(|\.doc\(\s*[`"'][^`"']*\//.exec(
        text,
      )?.[0];
      if (raw !== undefined)
        problems.push(`${path} has a raw path (${raw.trim()}): use the collection of a …Document.ts file`);
      if (!NAMERS.test(path) && /\btypedCollection\(/.test(text))
        problems.push(`${path} types a collection: that belongs beside its schema, in a …Document.ts file`);
      return problems;
    });
}
