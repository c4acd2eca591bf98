/** The repairs of `sweep` in their order: what people wait for first, then what must not be lost, then what is only removed. */

import { continueErasures, type ErasureDeps } from "#shared/erasure/continueErasure.ts";
import type { EventPublisher } from "#shared/events/event.ts";
import { plusSeconds } from "#shared/platform/clock.ts";
import { purgeIdempotencyKeys } from "#shared/platform/idempotency/sql.ts";
import type { ObjectStore } from "#shared/platform/storage/objectStore.ts";
import type { TaskQueue } from "#shared/platform/tasks/taskQueue.ts";
import { applyUpload } from "#shared/queue/applyUpload.ts";
import type { QueueDeps } from "#shared/queue/changeJob.ts";
import { finishRemovals } from "#shared/results/finishRemoval.ts";
import { reconcileResults } from "#shared/results/reconcile.ts";
import type { SyncDeps } from "#shared/results/syncResult.ts";
import { requeueInvitations } from "#shared/spaces/invitationTask.ts";
import { mirrorPending, repairMembers } from "#shared/spaces/mirror.ts";
import { publishOutbox, purgeNotifications, republishDue } from "./notificationRepairs.ts";
import { ingestPendingUploads } from "./pendingUploads.ts";
import { purgeAccounts } from "./purgeAccounts.ts";
import { purgeSpaces } from "./purgeSpaces.ts";
import {
  endExpiredLeases,
  endOverdueBackOffs,
  recoverAwaitingJobs,
  recoverLostRings,
  republishFailures,
} from "./queueRepairs.ts";
import type { Repair, RepairResult } from "./runRepairs.ts";
import { removeStrayObjects } from "./strayObjects.ts";
import { removeExpiredUploads, removeStrayUploads } from "./uploadRepairs.ts";
import { type Slice, walkOn } from "./walk.ts";

export interface RepairDeps extends SyncDeps {
  /** The bucket of uploads. */
  readonly uploads: ObjectStore;
  readonly publisher: EventPublisher;
  readonly tasks: TaskQueue;
  readonly queue: QueueDeps;
  readonly erasure: ErasureDeps;
}

const HOUR = 3_600;
const DAY = 24 * HOUR;
/** An upload that was never made is looked at again and again until it expires. */
const PENDING_REST_SECONDS = 300;
/** Removals younger than this are being finished by the request that asked for them. */
const REMOVAL_GRACE_SECONDS = 60;

/** Every repair by the name of what it does. README.md says what each is for; a test compares the two. */
export function repairsOf(deps: RepairDeps): Repair[] {
  const { db, firestore, clock, queue } = deps;
  const notifyJobs = (uploadId: string) => applyUpload(uploadId, queue);
  const ingestion = { ...deps, objects: deps.uploads, notifyJobs };
  const removed = async (rows: Promise<number>) => resultOf({ removed: await rows });
  const walk = (name: string, restSeconds: Rest, slice: (place: string | undefined) => Promise<Slice>) =>
    repair(name, async () => {
      const done = await walkOn(name, { db, clock, restSeconds }, slice);
      return done ? resultOf(done) : { did: {}, errors: [] };
    });
  return [
    repair("end_expired_leases", async () => resultOf(await endExpiredLeases(queue))),
    repair("end_overdue_back_offs", async () => resultOf(await endOverdueBackOffs(queue))),
    repair("recover_lost_rings", async () => resultOf(await recoverLostRings(queue))),
    repair("republish_failures", async () => resultOf(await republishFailures(queue))),
    walk(
      "ingest_pending_uploads",
      () => PENDING_REST_SECONDS,
      (place) => ingestPendingUploads(place, ingestion),
    ),
    walk(
      "recover_awaiting_jobs",
      () => 300,
      (place) => recoverAwaitingJobs(queue, place),
    ),
    repair("publish_outbox", async () => resultOf(await publishOutbox(deps))),
    repair("republish_due", async () => resultOf(await republishDue(deps))),
    repair("requeue_invitations", async () =>
      resultOf({ added: await requeueInvitations(db, deps.tasks, clock()) }),
    ),
    repair("continue_erasures", async () => resultOf(await continueErasures(deps.erasure))),
    repair("finish_removals", async () => {
      const requestedBefore = plusSeconds(clock(), -REMOVAL_GRACE_SECONDS);
      return resultOf(await finishRemovals(deps, { requestedBefore, limit: 200 }));
    }),
    repair("mirror_pending", async () => resultOf({ mirrored: await mirrorPending(db, firestore) })),
    walk(
      "compare_members",
      () => HOUR,
      () => compareMembers(deps),
    ),
    walk("reconcile_results", restOfReconciliation, (place) => reconcileSlice(deps, place)),
    walk(
      "remove_expired_uploads",
      () => HOUR,
      async () => ({
        ...(await removeExpiredUploads(deps)),
        next: null,
      }),
    ),
    walk(
      "remove_stray_uploads",
      () => HOUR,
      (place) => removeStrayUploads(place, deps),
    ),
    walk(
      "remove_stray_objects",
      () => DAY,
      (place) => removeStrayObjects(place, deps),
    ),
    repair("purge_accounts", () => removed(purgeAccounts(db, clock()))),
    repair("purge_spaces", () => removed(purgeSpaces(db, clock()))),
    repair("purge_idempotency_keys", () => removed(purgeIdempotencyKeys(db, clock()))),
    repair("purge_notifications", () => removed(purgeNotifications(db, clock()))),
  ];
}

type Rest = (spentSeconds: number) => number;

function repair(name: string, run: Repair["run"]): Repair {
  return { name, run };
}

/** An operation's own result in the one shape of repairs: its numbers are counts. */
function resultOf(result: object): RepairResult {
  const entries = Object.entries(result);
  const did = Object.fromEntries(
    entries.filter((entry): entry is [string, number] => typeof entry[1] === "number"),
  );
  const errors = "errors" in result && Array.isArray(result.errors) ? result.errors : [];
  return { did, errors };
}

async function compareMembers({ db, firestore }: RepairDeps): Promise<Slice> {
  const { checked, mended } = await repairMembers(db, firestore);
  return { checked, mended: mended.length, next: null };
}

/**
 * A thousand times as long as it took, five minutes to a day: a small store is compared often, and a large one costs no more than a
 * thousandth of what reading it all the time would.
 */
function restOfReconciliation(spentSeconds: number): number {
  return Math.min(DAY, Math.max(300, 1000 * spentSeconds));
}

async function reconcileSlice(deps: RepairDeps, after: string | undefined): Promise<Slice> {
  const { nextCursor, differences, ...counts } = await reconcileResults(deps, { after, maxSeconds: 20 });
  if (counts.mended > 0) deps.log.warn("results_mended", { differences: differences.slice(0, 50) });
  const errors = counts.failed > 0 ? [new Error(`${counts.failed} results could not be mended`)] : [];
  return { ...counts, errors, next: nextCursor };
}
