/** Places in line: how many of a job's kind are leased before it, itself included, if no job enters or leaves the line. */
import type { Firestore } from "@google-cloud/firestore";
import { compareInLine } from "./fairLine.ts";
import type { Job } from "./jobDocument.ts";
import { queryOf, shapes } from "./queries.ts";
import type { ListedJob } from "./readableJob.ts";

/** So many names of a line are read for each job that is asked for: beyond that, counting costs less than reading. */
const NAMES_PER_JOB = 8;

/** The place of one job; null for one that has none. Firestore counts by the index alone. */
export async function positionOf(id: string, job: Job, firestore: Firestore): Promise<number | null> {
  if (!job.place) return null;
  const before = await queryOf(firestore, shapes.line, job.kind, true)
    .endBefore(job.place.tag, job.place.behindOwn, job.createdAt, id)
    .count()
    .get();
  return before.data().count + 1;
}

/** The places of the queued ones of some jobs, by id. The lines of several are read once, and not counted for each. */
export async function positionsOf(
  jobs: readonly ListedJob[],
  firestore: Firestore,
): Promise<ReadonlyMap<string, number>> {
  const queued = jobs.filter(({ job }) => job.state === "queued" && job.place);
  const kinds = Map.groupBy(queued, ({ job }) => job.kind);
  const read = await Promise.all([...kinds].map(([kind, ofKind]) => namesInLine(kind, ofKind, firestore)));
  const positions = new Map(read.flat());
  // Jobs that back off are in no line; others stand far behind, or were leased just now.
  const others = queued.filter(({ id }) => !positions.has(id));
  const counted = await Promise.all(others.map(({ id, job }) => positionOf(id, job, firestore)));
  for (const [index, { id }] of others.entries()) positions.set(id, counted[index] ?? 1);
  return positions;
}

/** The names in a line up to the last of these jobs, with their places. Not read for a single job. */
async function namesInLine(
  kind: string,
  jobs: readonly ListedJob[],
  firestore: Firestore,
): Promise<(readonly [id: string, position: number])[]> {
  const last = jobs
    .filter(({ job }) => job.waiting)
    .toSorted(compareInLine)
    .at(-1);
  if (jobs.length === 1 || !last?.job.place) return [];
  const { tag, behindOwn } = last.job.place;
  const line = await queryOf(firestore, shapes.line, kind, true)
    .endAt(tag, behindOwn, last.job.createdAt, last.id)
    .withConverter(null)
    .select()
    .limit(jobs.length * NAMES_PER_JOB)
    .get();
  return line.docs.map(({ id }, index) => [id, index + 1] as const);
}
