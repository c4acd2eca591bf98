/** What people have to look at and no request shows: a line that doesn't move, engines that don't ask, results in quarantine. */
import { z } from "zod";
import { plusSeconds } from "#shared/platform/clock.ts";
import { timestamp } from "#shared/platform/firestore/timestamp.ts";
import type { QueueDeps } from "#shared/queue/changeJob.ts";
import { pulledSince } from "#shared/queue/engines.ts";
import { queryOf, shapes } from "#shared/queue/queries.ts";
import { quarantineOf } from "#shared/results/quarantineDocument.ts";

/** A line whose first job has waited for longer than this is too old: a scene takes half an hour, and an engine does several a day. */
export const LINE_TOO_OLD_SECONDS = 3 * 3600;
/** Work that waits for this long, while no engine of its kind asks, is not going to be done. An engine that was asleep needs minutes. */
export const UNSERVED_SECONDS = 15 * 60;

/** Of a job in line: its document was last written when it entered. */
const waitingSchema = z.object({ updatedAt: timestamp });

/**
 * Logs what it finds, once in each run while it lasts; an alert counts the lines.
 * @returns nothing that was repaired
 */
export async function watchQueue({ firestore, kinds, clock, log }: QueueDeps): Promise<object> {
  const now = clock();
  for (const kind of kinds.keys()) {
    const head = await queryOf(firestore, shapes.line, kind, true)
      .withConverter(null)
      .select("updatedAt")
      .limit(1)
      .get();
    const first = waitingSchema.safeParse(head.docs[0]?.data());
    if (!first.success) continue;
    const waitedSeconds = Math.round((now.getTime() - first.data.updatedAt.getTime()) / 1000);
    if (waitedSeconds > LINE_TOO_OLD_SECONDS) log.warn("line_too_old", { kind, waitedSeconds });
    if (waitedSeconds <= UNSERVED_SECONDS) continue;
    if (!(await pulledSince(kind, plusSeconds(now, -UNSERVED_SECONDS), { firestore, log })))
      log.warn("engine_silent", { kind, waitedSeconds });
  }
  const entries = (await quarantineOf(firestore).count().get()).data().count;
  if (entries > 0) log.warn("quarantine_not_empty", { entries });
  return {};
}
