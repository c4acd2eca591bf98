/** Objects in the bucket of resources that nothing names: what engines wrote under lost leases, or for jobs that did not succeed. */
import type { CollectionReference, DocumentSnapshot, Firestore } from "@google-cloud/firestore";
import { type Clock, plusSeconds } from "#shared/platform/clock.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import type { ObjectStore, StoredObject } from "#shared/platform/storage/objectStore.ts";
import { type TimeLimit, UNLIMITED } from "#shared/platform/timeLimit.ts";
import { jobsOf } from "#shared/queue/jobDocument.ts";
import { resultsOf } from "#shared/results/resultDocument.ts";
import { pageOfObjects, pageOfRemovals } from "./objectPages.ts";
import type { Page } from "./walk.ts";

export interface StrayObjectDeps {
  readonly db: Sql;
  readonly firestore: Firestore;
  /** The bucket of resources. */
  readonly objects: ObjectStore;
  readonly clock: Clock;
}

/** Younger objects may belong to something that is just being written. */
const GRACE_SECONDS = 86_400;

/**
 * Looks at a page of objects and removes stray ones: of no job, or of a job that has ended or continued with another lease, and named
 * neither by its result document nor by SQL.
 * @param place the name after which the page begins; at the first unless given
 */
export async function removeStrayObjects(
  deps: StrayObjectDeps,
  place?: string,
  time: TimeLimit = UNLIMITED,
  limit = 200,
): Promise<Page> {
  const page = await pageOfObjects(deps.objects, "spaces/", place, limit);
  const stray = await strayIn(page, deps);
  return pageOfRemovals(page, stray, { store: deps.objects, place, time, limit });
}

async function strayIn(objects: readonly StoredObject[], deps: StrayObjectDeps): Promise<StoredObject[]> {
  const before = plusSeconds(deps.clock(), -GRACE_SECONDS);
  const old = objects.filter((object) => object.createdAt < before);
  if (old.length === 0) return [];
  const jobIds = [...new Set(old.flatMap((object) => placeOf(object.name)?.jobId ?? []))];
  const [jobs, results, sqlNames] = await Promise.all([
    documents(jobsOf(deps.firestore), jobIds, ["state", "leaseNumber"]),
    documents(resultsOf(deps.firestore), jobIds, ["files"]),
    namedInSql(deps.db, old),
  ]);
  return old.filter((object) => {
    const owner = placeOf(object.name);
    const job = owner && jobs.get(owner.jobId);
    const running = job?.get("state") === "running" && job.get("leaseNumber") === owner?.leaseNumber;
    if (running || sqlNames.has(object.name)) return false;
    // Any mention in the document counts, also in one that can't be read otherwise.
    const mentioned = JSON.stringify(owner ? (results.get(owner.jobId)?.get("files") ?? null) : null);
    return !mentioned.includes(JSON.stringify(object.name));
  });
}

/** `spaces/{spaceId}/jobs/{jobId}/{leaseNumber}/{file}` */
function placeOf(name: string): { jobId: string; leaseNumber: number } | undefined {
  const match = /^spaces\/[^/]+\/jobs\/([^/]+)\/(\d+)\//.exec(name);
  return match?.[1] === undefined ? undefined : { jobId: match[1], leaseNumber: Number(match[2]) };
}

/** Some fields of documents by id, of any schema or of none. */
async function documents(
  collection: Pick<CollectionReference, "firestore" | "withConverter">,
  ids: readonly string[],
  fieldMask: string[],
) {
  if (ids.length === 0) return new Map<string, DocumentSnapshot>();
  const raw: CollectionReference = collection.withConverter(null);
  const found = await raw.firestore.getAll(...ids.map((id) => raw.doc(id)), { fieldMask });
  return new Map(found.filter((snapshot) => snapshot.exists).map((snapshot) => [snapshot.id, snapshot]));
}

async function namedInSql(sql: Sql, objects: readonly StoredObject[]): Promise<Set<string>> {
  const { rows } = await sql.query<{ object: string }>(
    "SELECT object FROM resource_files WHERE object = ANY($1)",
    [objects.map((object) => object.name)],
  );
  return new Set(rows.map((row) => row.object));
}
