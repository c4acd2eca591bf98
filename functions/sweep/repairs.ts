/** The repairs of `sweep`, by schedule and in their order: what people wait for first, then what must not be lost, then what is only removed. */

import { continueErasures, type ErasureDeps } from "#shared/erasure/continueErasure.ts";
import type { EventPublisher } from "#shared/events/event.ts";
import type { ScheduleName } from "#shared/manifest.ts";
import { plusSeconds } from "#shared/platform/clock.ts";
import { purgeIdempotencyKeys } from "#shared/platform/idempotency/sql.ts";
import type { NewId } from "#shared/platform/ids.ts";
import type { ObjectStore } from "#shared/platform/storage/objectStore.ts";
import type { TaskQueue } from "#shared/platform/tasks/taskQueue.ts";
import type { TimeLimit } from "#shared/platform/timeLimit.ts";
import { applyUpload } from "#shared/queue/applyUpload.ts";
import type { QueueDeps } from "#shared/queue/changeJob.ts";
import { finishRemovals } from "#shared/results/finishRemoval.ts";
import { reconcileResults } from "#shared/results/reconcile.ts";
import type { SyncDeps } from "#shared/results/syncResult.ts";
import { requeueInvitations } from "#shared/spaces/invitationTask.ts";
import { endLateListeners } from "#shared/spaces/listeners.ts";
import { mirrorPending } from "#shared/spaces/mirror.ts";
import { purgeChanges, raiseLateFeeds } from "./changeRepairs.ts";
import { compareMembers } from "./memberRepairs.ts";
import { publishOutbox, purgeNotifications, republishDue } from "./notificationRepairs.ts";
import { ingestPendingUploads } from "./pendingUploads.ts";
import { purgeAccounts } from "./purgeAccounts.ts";
import { purgeSpaces } from "./purgeSpaces.ts";
import {
  endExpiredLeases,
  endOverdueBackOffs,
  recoverAwaitingJobs,
  recoverLostRings,
  republishEnds,
} from "./queueRepairs.ts";
import type { Repair, RepairResult, RunLimits } from "./runRepairs.ts";
import { removeStrayObjects } from "./strayObjects.ts";
import { removeExpiredUploads, removeStrayUploads } from "./uploadRepairs.ts";
import { type Page, type Walk, walkOn } from "./walk.ts";
import { watchQueue } from "./watchQueue.ts";

export interface RepairDeps extends SyncDeps {
  /** The bucket of uploads. */
  readonly uploads: ObjectStore;
  readonly publisher: EventPublisher;
  readonly tasks: TaskQueue;
  /** Whose tasks call `outbound`. */
  readonly fetches: TaskQueue;
  readonly newId: NewId;
  readonly queue: QueueDeps;
  readonly erasure: ErasureDeps;
  /** The setting AUDIT_RETENTION_DAYS. */
  readonly auditRetentionDays: number;
}

/**
 * What a run of each schedule has. Even if every repair hangs, an urgent run ends before the next minute's, and a slow one before the
 * function's own time-out; a test computes both.
 */
export const runLimits: Readonly<Record<ScheduleName, RunLimits>> = {
  urgent: { atOnce: 4, graceSeconds: 3, maxSeconds: 50 },
  slow: { atOnce: 2, graceSeconds: 10, maxSeconds: 480 },
};

const MINUTES = 60;
const HOUR = 60 * MINUTES;
const DAY = 24 * HOUR;
/** Uploads and jobs younger than this are looked at by the urgent repairs, older ones by the slow. */
const YOUNG_SECONDS = HOUR;
/** Removals younger than this are being finished by the request that asked for them. */
const REMOVAL_GRACE_SECONDS = 60;

/** Every repair by the name of what it does. README.md says what each is for; a test compares the two. */
export function repairsOf(deps: RepairDeps): Repair[] {
  const { db, firestore, clock, queue } = deps;
  const notifyJobs = (uploadId: string) => applyUpload(uploadId, queue);
  const ingestion = { ...deps, objects: deps.uploads, notifyJobs };
  const young = () => plusSeconds(clock(), -YOUNG_SECONDS);
  const removed = async (rows: Promise<number>) => ({ removed: await rows });
  const walk = (
    name: string,
    schedule: ScheduleName,
    budgetSeconds: number,
    restSeconds: Walk["restSeconds"],
    page: Walk["page"],
  ): Repair => ({
    name,
    schedule,
    budgetSeconds,
    run: (time, note) => walkOn({ name, restSeconds, page }, deps, time, note),
  });
  // Each row: name, schedule, seconds in one run, for a walk its rest, and what it does.
  return [
    repair("end_expired_leases", "urgent", 10, (time) => endExpiredLeases(queue, time)),
    repair("end_overdue_back_offs", "urgent", 10, (time) => endOverdueBackOffs(queue, time)),
    repair("recover_lost_rings", "urgent", 10, (time) => recoverLostRings(queue, time)),
    repair("publish_outbox", "urgent", 10, (time) => publishOutbox(deps, time)),
    repair("republish_ends", "urgent", 10, (time) => republishEnds(queue, time)),
    repair("republish_due", "urgent", 10, (time) => republishDue(deps, time)),
    walk("ingest_pending_uploads", "urgent", 10, every(5 * MINUTES), (place, time) =>
      ingestPendingUploads(ingestion, { place, since: young() }, time).then(pageOf),
    ),
    walk("recover_awaiting_jobs", "urgent", 10, every(5 * MINUTES), (place, time) =>
      recoverAwaitingJobs({ ...queue, fetches: deps.fetches }, { place, since: young() }, time).then(pageOf),
    ),
    repair("requeue_invitations", "urgent", 5, (time) => requeueInvitations(db, deps.tasks, clock(), time)),
    repair("mirror_pending", "urgent", 10, (time) => mirrorPending(db, firestore, time)),
    repair("raise_late_feeds", "urgent", 5, (time) => raiseLateFeeds(deps, time)),
    repair("end_late_listeners", "urgent", 5, () => endLateListeners(db, firestore, clock())),
    repair("continue_erasures", "urgent", 10, (time) => continueErasures(deps.erasure, time)),
    repair("watch_queue", "urgent", 5, () => watchQueue(queue)),

    repair("finish_removals", "slow", 60, (time) =>
      finishRemovals(
        deps,
        { requestedBefore: plusSeconds(clock(), -REMOVAL_GRACE_SECONDS), limit: 200 },
        time,
      ),
    ),
    walk("reconcile_results", "slow", 120, restOfReconciliation, (place) => reconcilePage(deps, place)),
    walk("compare_members", "slow", 60, every(HOUR), (place, time) => compareMembers(deps, place, time)),
    walk("ingest_older_uploads", "slow", 60, every(HOUR), (place, time) =>
      ingestPendingUploads(ingestion, { place }, time).then(pageOf),
    ),
    walk("recover_older_jobs", "slow", 60, every(HOUR), (place, time) =>
      recoverAwaitingJobs({ ...queue, fetches: deps.fetches }, { place }, time).then(pageOf),
    ),
    walk("remove_expired_uploads", "slow", 60, every(HOUR), (place, time) =>
      removeExpiredUploads(deps, place, time),
    ),
    walk("remove_stray_uploads", "slow", 60, every(HOUR), (place, time) =>
      removeStrayUploads(deps, place, time),
    ),
    walk("remove_stray_objects", "slow", 60, every(DAY), (place, time) =>
      removeStrayObjects(deps, place, time),
    ),
    repair("purge_accounts", "slow", 30, () => removed(purgeAccounts(db, clock(), deps.auditRetentionDays))),
    repair("purge_spaces", "slow", 30, () => removed(purgeSpaces(db, clock()))),
    repair("purge_idempotency_keys", "slow", 30, () => removed(purgeIdempotencyKeys(db, clock()))),
    repair("purge_changes", "slow", 30, (time) => purgeChanges(deps, time)),
    repair("purge_notifications", "slow", 30, () => removed(purgeNotifications(db, clock()))),
  ];
}

/** @param work returns counts, and beside them `errors` and whether it was `cut` */
function repair(
  name: string,
  schedule: ScheduleName,
  budgetSeconds: number,
  work: (time: TimeLimit) => Promise<object>,
): Repair {
  const run = async (time: TimeLimit): Promise<RepairResult> => {
    const done = await work(time);
    return { did: countsOf(done), errors: errorsOf(done), cut: "cut" in done && done.cut === true };
  };
  return { name, schedule, budgetSeconds, run };
}

function pageOf(done: { readonly next: string | null }): Page {
  return { did: countsOf(done), errors: errorsOf(done), next: done.next };
}

function countsOf(done: object): Record<string, number> {
  const entries = Object.entries(done);
  return Object.fromEntries(
    entries.filter((entry): entry is [string, number] => typeof entry[1] === "number"),
  );
}

function errorsOf(done: object): readonly unknown[] {
  return "errors" in done && Array.isArray(done.errors) ? done.errors : [];
}

function every(seconds: number): Walk["restSeconds"] {
  return () => seconds;
}

/**
 * A thousand times as long as it took, five minutes to a day: a small store is compared often, and a large one costs no more than a
 * thousandth of what reading it all the time would.
 */
function restOfReconciliation(spentSeconds: number): number {
  return Math.min(DAY, Math.max(5 * MINUTES, 1000 * spentSeconds));
}

async function reconcilePage(deps: RepairDeps, after: string | undefined): Promise<Page> {
  const { nextCursor, differences, ...counts } = await reconcileResults(deps, { after, maxSeconds: 5 });
  if (counts.mended > 0) deps.log.warn("results_mended", { differences: differences.slice(0, 50) });
  const errors = counts.failed > 0 ? [new Error(`${counts.failed} results could not be mended`)] : [];
  return { did: countsOf(counts), errors, next: nextCursor };
}
