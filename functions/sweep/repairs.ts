/** What `sweep` sees to, in order: what people wait for first, then what must not be lost, then what is only tidying up. */

import { continueErasures, type ErasureDeps } from "#shared/erasure/continueErasure.ts";
import type { EventPublisher } from "#shared/events/event.ts";
import { plusSeconds } from "#shared/platform/clock.ts";
import { purgeIdempotencyKeys } from "#shared/platform/idempotency/sql.ts";
import type { ObjectStore } from "#shared/platform/storage/objectStore.ts";
import type { TaskQueue } from "#shared/platform/tasks/taskQueue.ts";
import type { QueueDeps } from "#shared/queue/changeJob.ts";
import { finishRemovals } from "#shared/results/finishRemoval.ts";
import { reconcileResults } from "#shared/results/reconcile.ts";
import type { SyncDeps } from "#shared/results/syncResult.ts";
import { requeueInvitations } from "#shared/spaces/invitationTask.ts";
import { mirrorPending, repairMembers } from "#shared/spaces/mirror.ts";
import { purgeAuth } from "./accountRetention.ts";
import { removeStrayUploads, settleExpiredUploads } from "./lateUploads.ts";
import { publishOutbox, purgeNotifications, republishDue } from "./notifications.ts";
import { removeOrphans } from "./orphanObjects.ts";
import {
  endExpiredLeases,
  endOverdueBackOffs,
  recoverAwaitingJobs,
  recoverLostRings,
  republishFailures,
} from "./queueRepairs.ts";
import type { Repair } from "./runRepairs.ts";
import { purgeSpaces } from "./spaceRetention.ts";
import { walkOn } from "./walk.ts";

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
/** Removals younger than this are being finished by the request that asked for them. */
const REMOVAL_GRACE_SECONDS = 60;

export function repairsOf(deps: RepairDeps): Repair[] {
  const { db, firestore, clock } = deps;
  return [
    { name: "leases", run: () => endExpiredLeases(deps.queue) },
    { name: "back-offs", run: () => endOverdueBackOffs(deps.queue) },
    { name: "rings", run: () => recoverLostRings(deps.queue) },
    { name: "failures", run: () => republishFailures(deps.queue) },
    { name: "jobs without uploads", run: () => awaitingJobs(deps) },
    { name: "outbox", run: async () => ({ ...(await publishOutbox(deps)) }) },
    { name: "notifications", run: async () => ({ ...(await republishDue(deps)) }) },
    { name: "mail", run: async () => ({ added: await requeueInvitations(db, deps.tasks, clock()) }) },
    { name: "erasures", run: async () => ({ ...(await continueErasures(deps.erasure)) }) },
    {
      name: "removals",
      run: async () => ({
        ...(await finishRemovals(deps, {
          requestedBefore: plusSeconds(clock(), -REMOVAL_GRACE_SECONDS),
          limit: 200,
        })),
      }),
    },
    { name: "members", run: async () => ({ mirrored: await mirrorPending(db, firestore) }) },
    { name: "members compared", run: () => comparedMembers(deps) },
    { name: "results compared", run: () => comparedResults(deps) },
    { name: "uploads past their time", run: () => pastUploads(deps) },
    { name: "uploads of no one", run: () => strayUploads(deps) },
    { name: "objects of no one", run: () => orphans(deps) },
    { name: "accounts purged", run: async () => ({ removed: await purgeAuth(db, clock()) }) },
    { name: "groups purged", run: async () => ({ removed: await purgeSpaces(db, clock()) }) },
    { name: "answers purged", run: async () => ({ removed: await purgeIdempotencyKeys(db, clock()) }) },
    { name: "notifications purged", run: async () => ({ removed: await purgeNotifications(db, clock()) }) },
  ];
}

async function awaitingJobs(deps: RepairDeps) {
  let errors: readonly unknown[] = [];
  const done = await walkOn("jobs without uploads", { ...deps, restSeconds: () => 300 }, async (place) => {
    const slice = await recoverAwaitingJobs(deps.queue, place);
    errors = slice.errors;
    return { found: slice.found, repaired: slice.repaired, next: slice.next };
  });
  return { ...counts(done), errors };
}

async function comparedMembers({ db, firestore, clock }: RepairDeps) {
  const done = await walkOn("members", { db, clock, restSeconds: () => HOUR }, async () => {
    const { checked, mended } = await repairMembers(db, firestore);
    return { checked, mended: mended.length, next: null };
  });
  return counts(done);
}

/**
 * Compares both stores, a slice at a time. It rests a thousand times as long as it took, five minutes to a day: a small store is compared
 * often, and a large one costs no more than a thousandth of what reading it all the time would.
 */
async function comparedResults(deps: RepairDeps) {
  const done = await walkOn(
    "results",
    { ...deps, restSeconds: (spent) => Math.min(DAY, Math.max(300, 1000 * spent)) },
    async (after) => {
      const { nextCursor, differences, ...report } = await reconcileResults(deps, { after, maxSeconds: 20 });
      if (report.mended > 0) deps.log.warn("results_mended", { differences: differences.slice(0, 50) });
      return { ...report, next: nextCursor };
    },
  );
  const errors = done && done.failed > 0 ? [new Error(`${done.failed} results could not be mended`)] : [];
  return { ...counts(done), errors };
}

async function pastUploads(deps: RepairDeps) {
  const done = await walkOn("uploads past their time", { ...deps, restSeconds: () => HOUR }, async () => ({
    ...(await settleExpiredUploads(deps)),
    next: null,
  }));
  return counts(done);
}

async function strayUploads(deps: RepairDeps) {
  return counts(
    await walkOn("uploads of no one", { ...deps, restSeconds: () => HOUR }, (place) =>
      removeStrayUploads(place, deps),
    ),
  );
}

async function orphans(deps: RepairDeps) {
  return counts(
    await walkOn("objects of no one", { ...deps, restSeconds: () => DAY }, (place) =>
      removeOrphans(place, deps),
    ),
  );
}

function counts(done: Readonly<Record<string, number | string | null>> | undefined): Record<string, number> {
  return Object.fromEntries(
    Object.entries(done ?? {}).filter((entry): entry is [string, number] => typeof entry[1] === "number"),
  );
}
