/**
 * What a space has outside SQL, and how it is removed. Each step may be repeated: it removes what it finds, a page at a time, also what
 * came late.
 */
import type { Firestore, Query, QueryDocumentSnapshot } from "@google-cloud/firestore";
import { feedsOf } from "../changes/feedDocument.ts";
import { kindsOf } from "../kinds/index.ts";
import type { Clock } from "../platform/clock.ts";
import { isConflict } from "../platform/firestore/retryConflicts.ts";
import { recordsOf } from "../platform/idempotency/record.ts";
import type { ObjectStore } from "../platform/storage/objectStore.ts";
import { commitJob } from "../queue/commitJob.ts";
import { jobsOf, OPEN_STATES } from "../queue/jobDocument.ts";
import { linesOf } from "../queue/lineDocument.ts";
import { jobStoreOf } from "../queue/store.ts";
import { leaveQuarantine } from "../results/quarantine.ts";
import { quarantineOf } from "../results/quarantineDocument.ts";
import { resultsOf } from "../results/resultDocument.ts";
import { tombstonesOf } from "../spaces/tombstoneDocument.ts";
import { budgetsOf } from "../uploads/budgetDocument.ts";
import { uploadsOf } from "../uploads/uploadDocument.ts";

export interface SpaceDataDeps {
  readonly firestore: Firestore;
  readonly uploads: ObjectStore;
  readonly resources: ObjectStore;
}

/** Counts what a step removed, and says when to stop. */
export interface Tally {
  add(what: string, count?: number): void;
  /** @throws OutOfTimeError */
  checkTime(): void;
}

const PAGE = 200;

/** After this nothing new can appear in the space: the commits of submit, retry and complete depend on the tombstone. */
export async function setTombstone(spaceId: string, erasedAt: Date, firestore: Firestore): Promise<void> {
  await tombstonesOf(firestore).doc(spaceId).set({ erasedAt });
}

/**
 * Removes jobs that are in line or run. A removed job can't be leased, its engine's lease is lost, and its timers find nothing.
 */
export async function cancelJobs(spaceId: string, { firestore }: SpaceDataDeps, tally: Tally): Promise<void> {
  for (const state of OPEN_STATES) {
    const open = jobsOf(firestore).where("spaceId", "==", spaceId).where("state", "==", state);
    await removeDocuments(open, tally, ["jobs", "jobsCancelled"]);
  }
}

/** Result documents are removed before their objects, so that no shown resource lacks its files. */
export async function removeData(spaceId: string, deps: SpaceDataDeps, tally: Tally): Promise<void> {
  const { firestore } = deps;
  await removeDocuments(resultsOf(firestore).where("spaceId", "==", spaceId), tally, ["results"]);
  await removeObjects(`spaces/${spaceId}/`, deps.resources, tally);
  await removeObjects(`spaces/${spaceId}/`, deps.uploads, tally);
  const quarantined = quarantineOf(firestore).where("spaceId", "==", spaceId);
  for await (const page of pagesOf(quarantined.select(), tally)) {
    for (const { id } of page) await leaveQuarantine(id, { firestore, objects: deps.resources });
    tally.add("quarantined", page.length);
  }
  await removeDocuments(uploadsOf(firestore).where("spaceId", "==", spaceId), tally, ["uploads"]);
  await removeDocuments(jobsOf(firestore).where("spaceId", "==", spaceId), tally, ["jobs"]);
  await linesOf(firestore).doc(spaceId).delete();
  await budgetsOf(firestore).doc(spaceId).delete();
  // A writer that was late makes it again; a later look takes it.
  await feedsOf(firestore).doc(spaceId).delete();
}

/** Stored answers for Idempotency-Keys of these people: they may contain data of an erased person. */
export async function forgetAnswers(
  callers: readonly string[],
  firestore: Firestore,
  tally: Tally,
): Promise<void> {
  for (const caller of callers) {
    await removeDocuments(recordsOf(firestore).where("caller", "==", caller), tally, ["answers"]);
  }
}

/**
 * What a person made for a space stays there; the creator's id is replaced by `FORGOTTEN`. Results come last, since a job that completes
 * meanwhile hands its creator on to its result.
 */
export async function forgetCreator(
  userId: string,
  deps: { readonly firestore: Firestore; readonly clock: Clock },
  tally: Tally,
): Promise<void> {
  const { firestore } = deps;
  await forgetCreatorOfJobs(userId, deps, tally);
  for (const collection of [uploadsOf(firestore), resultsOf(firestore)]) {
    const made = collection.withConverter(null).where("createdBy", "==", userId);
    for await (const page of pagesOf(made.select(), tally)) {
      const batch = firestore.batch();
      for (const { ref } of page) batch.update(ref, { createdBy: FORGOTTEN });
      await batch.commit();
      tally.add("creatorForgotten", page.length);
    }
  }
}

async function forgetCreatorOfJobs(
  userId: string,
  { firestore, clock }: { readonly firestore: Firestore; readonly clock: Clock },
  tally: Tally,
): Promise<void> {
  // The event applies to jobs of every kind, those that were taken out too. It fails and ends none, so no setting counts.
  const unused = { backoffMaxSeconds: undefined, jobRetentionDays: 0 };
  const deps = { store: jobStoreOf(firestore), kinds: kindsOf(), clock, ...unused };
  const event = { type: "creator_erased", creator: userId, replacement: FORGOTTEN } as const;
  const made = jobsOf(firestore).where("createdBy", "==", userId);
  for await (const page of pagesOf(made, tally)) {
    for (const document of page) {
      const found = { content: document.data(), version: document.updateTime };
      try {
        await commitJob(document.id, event, deps, { found });
        tally.add("creatorForgotten");
      } catch (error) {
        if (!isConflict(error)) throw error; // it changed meanwhile: the next page finds it again
      }
    }
  }
}

/** In place of an erased person's id. */
export const FORGOTTEN = "erased";

/** @param countedAs what each document is counted as in the tally */
async function removeDocuments<Content>(
  query: Query<Content>,
  tally: Tally,
  countedAs: readonly string[],
): Promise<void> {
  for await (const page of pagesOf(query.select(), tally)) {
    const batch = query.firestore.batch();
    for (const { ref } of page) batch.delete(ref);
    await batch.commit();
    for (const what of countedAs) tally.add(what, page.length);
  }
}

async function removeObjects(prefix: string, objects: ObjectStore, tally: Tally): Promise<void> {
  for await (const object of objects.list(prefix)) {
    tally.checkTime();
    await objects.remove(object.name);
    tally.add("objects");
    tally.add("bytes", object.size);
  }
}

/** The pages of a query whose results are taken out of it page by page, until nothing is left. */
async function* pagesOf<Content>(
  query: Query<Content>,
  tally: Tally,
): AsyncGenerator<QueryDocumentSnapshot<Content>[]> {
  for (;;) {
    tally.checkTime();
    const page = await query.limit(PAGE).get();
    if (page.empty) return;
    yield page.docs;
  }
}
