/** Uploads past their time: documents and objects that no open job needs, and objects that no document allows. */
import type { CollectionReference, Firestore } from "@google-cloud/firestore";
import { type Clock, plusSeconds } from "#shared/platform/clock.ts";
import type { ObjectStore, StoredObject } from "#shared/platform/storage/objectStore.ts";
import { type TimeLimit, UNLIMITED, workThrough } from "#shared/platform/timeLimit.ts";
import { jobsOf, OPEN_STATES } from "#shared/queue/jobDocument.ts";
import { uploadsOf } from "#shared/uploads/uploadDocument.ts";
import { uploadOfObject } from "#shared/uploads/uploadObject.ts";
import { pageOfObjects, pageOfRemovals } from "./objectPages.ts";
import type { Page } from "./walk.ts";

export interface UploadSweepDeps {
  readonly firestore: Firestore;
  /** The bucket of uploads. */
  readonly uploads: ObjectStore;
  readonly clock: Clock;
}

/** How long before its end an upload is looked at, since Firestore removes documents past it by itself; and how long a job extends it. */
const AHEAD_SECONDS = 86_400;
/** An object younger than this may belong to a document that is read a moment too early. */
const GRACE_SECONDS = 3_600;

/**
 * Looks at a page of uploads whose time is over soon, the first to end first: removes those past their time, object first, and extends
 * those that an open job still needs.
 * @param place where the page begins; at the first unless given
 */
export async function removeExpiredUploads(
  deps: UploadSweepDeps,
  place?: string,
  time: TimeLimit = UNLIMITED,
  limit = 100,
): Promise<Page> {
  const now = deps.clock();
  const raw: CollectionReference = uploadsOf(deps.firestore).withConverter(null); // also what fits no schema has to go
  const expiring = raw
    .where("expiresAt", "<=", plusSeconds(now, AHEAD_SECONDS))
    .orderBy("expiresAt")
    .orderBy("__name__")
    .limit(limit);
  const [endsAt = "", id = ""] = place?.split(" ") ?? [];
  const { docs } = await (place ? expiring.startAfter(new Date(endsAt), id) : expiring).get();
  const needed = await neededBy(
    docs.map((upload) => String(upload.get("spaceId"))),
    deps.firestore,
    time,
  );
  let extended = 0;
  const worked = await workThrough(docs, time, async (upload) => {
    if (needed.has(upload.id)) {
      await upload.ref.update({ expiresAt: plusSeconds(now, 2 * AHEAD_SECONDS) });
      extended += 1;
      return false;
    }
    if (upload.get("expiresAt").toDate() > now) return false;
    await deps.uploads.remove(String(upload.get("object")));
    await upload.ref.delete();
    return true;
  });
  const last = docs[worked.through - 1];
  const here = last ? `${last.get("expiresAt").toDate().toISOString()} ${last.id}` : (place ?? "");
  return {
    did: { looked: worked.through, removed: worked.done, extended },
    errors: worked.errors,
    next: worked.through === docs.length && docs.length < limit ? null : here,
  };
}

/**
 * Looks at a page of objects and removes those without a document: what arrived after its upload had ended.
 * @param place the name after which the page begins; at the first unless given
 */
export async function removeStrayUploads(
  deps: UploadSweepDeps,
  place?: string,
  time: TimeLimit = UNLIMITED,
  limit = 200,
): Promise<Page> {
  const page = await pageOfObjects(deps.uploads, "", place, limit);
  const stray = await strayIn(page, deps, time);
  return pageOfRemovals(page, stray, { store: deps.uploads, place, time, limit });
}

async function strayIn(
  objects: readonly StoredObject[],
  deps: UploadSweepDeps,
  time: TimeLimit,
): Promise<StoredObject[]> {
  const before = plusSeconds(deps.clock(), -GRACE_SECONDS);
  const old = objects.filter((object) => object.createdAt < before);
  const ids = [...new Set(old.flatMap((object) => uploadOfObject(object.name)?.uploadId ?? []))];
  const raw: CollectionReference = uploadsOf(deps.firestore).withConverter(null);
  const found =
    ids.length === 0
      ? []
      : await deps.firestore.getAll(...ids.map((id) => raw.doc(id)), { fieldMask: ["object"] });
  const allowed = new Set(found.map((upload) => upload.get("object")));
  const stray = old.filter((object) => !allowed.has(object.name));
  const needed = await neededBy(
    stray.flatMap((object) => uploadOfObject(object.name)?.spaceId ?? []),
    deps.firestore,
    time,
  );
  return stray.filter((object) => !needed.has(uploadOfObject(object.name)?.uploadId ?? ""));
}

/** Ids of the uploads that open jobs of these spaces read from. */
async function neededBy(
  spaceIds: readonly string[],
  firestore: Firestore,
  time: TimeLimit,
): Promise<Set<string>> {
  const needed = new Set<string>();
  for (const spaceId of new Set(spaceIds)) {
    for (const state of OPEN_STATES) {
      time.check();
      const ofSpace = jobsOf(firestore).where("spaceId", "==", spaceId);
      const jobs = await ofSpace.where("state", "==", state).select("inputs").get();
      for (const job of jobs.docs) {
        const inputs: Record<string, { uploadId?: unknown }> = job.get("inputs") ?? {};
        for (const input of Object.values(inputs)) needed.add(String(input.uploadId));
      }
    }
  }
  return needed;
}
