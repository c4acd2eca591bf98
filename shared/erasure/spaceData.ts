/**
 * What a space has outside SQL, and how it goes. Each step may be repeated: it looks for what is there, a page at a time, so it also
 * finds what came late.
 */
import type { Firestore, Query } from "@google-cloud/firestore";
import type { ObjectStore } from "../platform/storage/objectStore.ts";
import { takeBack } from "../results/quarantine.ts";

export interface SpaceDataDeps {
  readonly firestore: Firestore;
  readonly uploads: ObjectStore;
  readonly resources: ObjectStore;
}

/** Counts what a step took, and says when to stop for now. */
export interface Tally {
  add(what: string, count?: number): void;
  /** @throws OutOfTimeError */
  checkTime(): void;
}

const PAGE = 200;
const OPEN_STATES = ["awaiting_upload", "queued", "running"];
/** Collections whose documents name their space and their maker. `quarantine` has objects of its own and is taken back apart. */
const COLLECTIONS = ["results", "uploads", "jobs"] as const;

/** Nothing new can appear in the space from here on: submit and complete read this in their transactions. */
export async function setTombstone(spaceId: string, erasedAt: Date, firestore: Firestore): Promise<void> {
  await firestore.doc(`tombstones/${spaceId}`).set({ erasedAt });
}

/**
 * Ends what is in line or runs. A job that is gone is cancelled for good: it can't be leased, its engine's lease is lost with it, and
 * timers that come for it find nothing.
 */
export async function cancelJobs(spaceId: string, { firestore }: SpaceDataDeps, tally: Tally): Promise<void> {
  for (const state of OPEN_STATES) {
    const open = firestore.collection("jobs").where("spaceId", "==", spaceId).where("state", "==", state);
    await removeDocuments("jobs", open, firestore, tally, ["jobs", "jobsCancelled"]);
  }
}

/** Result documents go before their objects, so that nothing is shown that can't be fetched. */
export async function removeThings(spaceId: string, deps: SpaceDataDeps, tally: Tally): Promise<void> {
  const { firestore } = deps;
  const ofSpace = (collection: string) => firestore.collection(collection).where("spaceId", "==", spaceId);
  await removeDocuments("results", ofSpace("results"), firestore, tally);
  await removeObjects(`spaces/${spaceId}/`, deps.resources, tally);
  await removeObjects(`spaces/${spaceId}/`, deps.uploads, tally);
  await eachPage(ofSpace("quarantine"), tally, async (ids) => {
    for (const id of ids) await takeBack(id, { firestore, objects: deps.resources });
    tally.add("quarantined", ids.length);
  });
  await removeDocuments("uploads", ofSpace("uploads"), firestore, tally);
  await removeDocuments("jobs", ofSpace("jobs"), firestore, tally);
  await firestore.doc(`lines/${spaceId}`).delete();
}

/** Answers kept for Idempotency-Keys of these people: they may tell of an erased person's things. */
export async function forgetAnswers(
  callers: readonly string[],
  firestore: Firestore,
  tally: Tally,
): Promise<void> {
  for (const caller of callers) {
    const kept = firestore.collection("idempotency").where("caller", "==", caller);
    await removeDocuments("idempotency", kept, firestore, tally, ["answers"]);
  }
}

/** What stays with a space when the person who made it goes: the maker's id is replaced by `FORGOTTEN`. */
export async function forgetCreator(userId: string, firestore: Firestore, tally: Tally): Promise<void> {
  for (const collection of COLLECTIONS) {
    const made = firestore.collection(collection).where("createdBy", "==", userId);
    await eachPage(made, tally, async (ids) => {
      const batch = firestore.batch();
      for (const id of ids) batch.update(firestore.doc(`${collection}/${id}`), { createdBy: FORGOTTEN });
      await batch.commit();
      tally.add("creatorForgotten", ids.length);
    });
  }
}

/** Stands where the id of an erased person stood. */
export const FORGOTTEN = "erased";

async function removeDocuments(
  collection: string,
  query: Query,
  firestore: Firestore,
  tally: Tally,
  countedAs: readonly string[] = [collection],
): Promise<void> {
  await eachPage(query, tally, async (ids) => {
    const batch = firestore.batch();
    for (const id of ids) batch.delete(firestore.doc(`${collection}/${id}`));
    await batch.commit();
    for (const what of countedAs) tally.add(what, ids.length);
  });
}

async function removeObjects(prefix: string, objects: ObjectStore, tally: Tally): Promise<void> {
  for await (const object of objects.list(prefix)) {
    tally.checkTime();
    await objects.remove(object.name);
    tally.add("objects");
    tally.add("bytes", object.size);
  }
}

/** Works through a query whose results `work` takes out of it, until nothing is left. */
async function eachPage(query: Query, tally: Tally, work: (ids: string[]) => Promise<void>): Promise<void> {
  for (;;) {
    tally.checkTime();
    const page = await query.select().limit(PAGE).get();
    if (page.empty) return;
    await work(page.docs.map((document) => document.id));
  }
}
