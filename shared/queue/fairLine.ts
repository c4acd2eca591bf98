/**
 * Who is next in a kind's line: start-time fair queueing between groups. A job's start tag is the larger of its space's last finish
 * tag and the virtual time; its finish tag is the start tag plus the kind's weight; the smallest start tag is next. So a space that
 * queued fifty jobs has them spread over fifty turns, and one that comes later with one job is served at its next turn.
 *
 * Goyal, Vin, Cheng: "Start-time Fair Queueing" (SIGCOMM 1996). With several engines the virtual time is the start tag of the job
 * that was begun last, as in SFQ(D): Jin, Chase, Kaur: "Interposed Proportional Sharing for a Storage Service Utility" (SIGMETRICS
 * 2004); were it the smallest one running, a single long job would let newcomers claim turns that everyone had long ago.
 */

import type { Kind } from "../kinds/kind.ts";
import { isOpen, type Job } from "./jobDocument.ts";
import type { Line } from "./lineDocument.ts";

type Counted = Line["kinds"][string];
const NONE: Counted = { open: 0, placed: 0, finish: 0 };

/**
 * Gives a job that enters the line its place, and counts it in its space's line. A job that has ended loses its place.
 * @param before the job as it was; undefined when it is new
 * @param virtualTime the largest tag running in this kind, or else the smallest waiting, or else 0
 */
export function placeInLine(
  line: Line,
  before: Job | undefined,
  after: Job,
  kind: Pick<Kind, "weight">,
  virtualTime: number,
): { line: Line; job: Job } {
  const was = { open: before && isOpen(before) ? 1 : 0, placed: before?.place ? 1 : 0 };
  let counted = line.kinds[after.kind] ?? NONE;
  let place = isOpen(after) ? after.place : null;
  if (needsPlace(after)) {
    // A space with nothing in line has no claim and no debt from turns long past.
    const behindOwn = counted.placed > 0 && counted.finish >= virtualTime;
    const tag = behindOwn ? counted.finish : virtualTime;
    place = { tag, behindOwn };
    counted = { ...counted, finish: tag + kind.weight };
  }
  const opened = (isOpen(after) ? 1 : 0) - was.open;
  counted = {
    ...counted,
    open: counted.open + opened,
    placed: counted.placed + (place ? 1 : 0) - was.placed,
  };
  return {
    line: { open: line.open + opened, kinds: { ...line.kinds, [after.kind]: counted } },
    job: { ...after, place },
  };
}

/** Whether a change of the job touches its space's line at all. */
export function touchesLine(before: Job | undefined, after: Job): boolean {
  return before === undefined || isOpen(before) !== isOpen(after) || needsPlace(after);
}

/** Whether the job is to be given a place in its kind's line. */
export function needsPlace(job: Job): boolean {
  return job.waiting && job.place === null;
}

/** The order of a line, as the index has it: by tag, newcomers before a space's own followers, then by time and id. */
export function compareInLine(
  a: { job: Pick<Job, "place" | "createdAt">; id: string },
  b: { job: Pick<Job, "place" | "createdAt">; id: string },
): number {
  return (
    (a.job.place?.tag ?? 0) - (b.job.place?.tag ?? 0) ||
    Number(a.job.place?.behindOwn ?? false) - Number(b.job.place?.behindOwn ?? false) ||
    a.job.createdAt.getTime() - b.job.createdAt.getTime() ||
    (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
  );
}
