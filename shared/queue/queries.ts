/**
 * Every query of more than one field that the queue asks of Firestore, as data: the query is built from it, and a test compares it
 * with `firestore.indexes.json`. The emulator needs no composite index, so nothing else would notice a missing one.
 */
import type { Firestore, Query } from "@google-cloud/firestore";
import { type Job, jobsOf } from "./jobDocument.ts";

export interface QueryShape {
  readonly collection: "jobs";
  /** Fields compared for equality (or by `in`). */
  readonly equal: readonly string[];
  /** Fields in the order of the index; a comparison by range goes with the first of them. */
  readonly order: readonly (readonly [field: string, direction: "asc" | "desc"])[];
}

export const shapes = {
  /** A kind's line, next first. */
  line: {
    collection: "jobs",
    equal: ["kind", "waiting"],
    order: [
      ["place.tag", "asc"],
      ["place.behindOwn", "asc"],
      ["createdAt", "asc"],
    ],
  },
  /** What runs of a kind, the latest turn first. */
  runningByTag: { collection: "jobs", equal: ["kind", "state"], order: [["place.tag", "desc"]] },
  /** What succeeded of a kind, the latest first. */
  succeeded: { collection: "jobs", equal: ["kind", "state"], order: [["finishedAt", "desc"]] },
  /** Leases by their end. */
  leases: { collection: "jobs", equal: ["state"], order: [["lease.until", "asc"]] },
  /** Jobs that back off, by when they enter again. */
  backingOff: { collection: "jobs", equal: ["state"], order: [["availableAt", "asc"]] },
  /** Jobs of a state, oldest first; jobs that wait for their uploads, that is. */
  oldestOfState: { collection: "jobs", equal: ["state"], order: [["createdAt", "asc"]] },
  /** A space's jobs, newest first. */
  ofSpace: { collection: "jobs", equal: ["spaceId"], order: [["createdAt", "desc"]] },
  /** A space's jobs of one state, newest first. */
  ofSpaceAndState: { collection: "jobs", equal: ["spaceId", "state"], order: [["createdAt", "desc"]] },
  /** Dead letters, the latest first. */
  failed: { collection: "jobs", equal: ["state"], order: [["finishedAt", "desc"]] },
} as const satisfies Record<string, QueryShape>;

/**
 * The query of a shape; `values` in the order of its `equal`. Ties are broken by document id, in the direction of the last field. For
 * some fields only, use `withConverter(null)` before `select`: a part of a job doesn't fit the job's schema.
 */
export function queryOf(
  firestore: Firestore,
  shape: QueryShape,
  ...values: readonly unknown[]
): Query<Job, Job> {
  let query: Query<Job, Job> = jobsOf(firestore);
  for (const [index, field] of shape.equal.entries()) query = query.where(field, "==", values[index]);
  for (const [field, direction] of shape.order) query = query.orderBy(field, direction);
  const last = shape.order.at(-1)?.[1] ?? "asc";
  return query.orderBy("__name__", last);
}
