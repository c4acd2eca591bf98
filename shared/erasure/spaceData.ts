/**
 * What a space has outside SQL, and how it is removed. Each step may be repeated: it removes what it finds, a page at a time, also what
 * came late.
 */
import type { Firestore, Query } from "@google-cloud/firestore";
import type { ObjectStore } from "../platform/storage/objectStore.ts";
import { takeBack } from "../results/quarantine.ts";

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
const OPEN_STATES = ["awaiting_upload", "queued", "running"];
/** Collections whose documents name their space and their creator. `quarantine` has objects of its own and is removed separately. */
const COLLECTIONS = ["results", "uploads", "jobs"] as const;

/** After this nothing new can appear in the space: submit and complete read the tombstone in their transactions. */
export async function setTombstone(spaceId: string, erasedAt: Date, firestore: Firestore): Promise<void> {
  await firestore.doc(`tombstones/${spaceId}`).set({ erasedAt });
}

/**
 * Removes jobs that are in line or run. A removed job can't be leased, its engine's lease is lost, and its timers find nothing.
 */
export async function cancelJobs(spaceId: string, { firestore }: SpaceDataDeps, tally: Tally): Promise<void> {
  for (const state of OPEN_STATES) {
    const open = firestore.collection("jobs").where("spaceId", "==", spaceId).where("state", "==", state);
    await removeDocuments("jobs", open, firestore, tally, ["jobs", "jobsCancelled"]);
  }
}

/** Result documents are removed before their objects, so that no shown resource lacks its files. */
export async function removeData(spaceId: string, deps: SpaceDataDeps, tally: Tally): Promise<void> {
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

/** Stored answers for Idempotency-Keys of these people: they may contain data of an erased person. */
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

/** What a person made for a space stays there; the creator's id is replaced by `FORGOTTEN`. */
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

/** In place of an erased person's id. */
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

/** Calls `work` with page after page of a query until nothing is left; `work` must take what it is given out of the query. */
async function eachPage(query: Query, tally: Tally, work: (ids: string[]) => Promise<void>): Promise<void> {
  for (;;) {
    tally.checkTime();
    const page = await query.select().limit(PAGE).get();
    if (page.empty) return;
    await work(page.docs.map((document) => document.id));
  }
}
