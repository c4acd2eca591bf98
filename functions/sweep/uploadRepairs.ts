/** Uploads past their time: documents and objects that no open job needs, and objects that no document allows. */
import type { CollectionReference, Firestore, QueryDocumentSnapshot } from "@google-cloud/firestore";
import { type Clock, plusSeconds } from "#shared/platform/clock.ts";
import type { ObjectStore, StoredObject } from "#shared/platform/storage/objectStore.ts";
import { jobsOf, OPEN_STATES } from "#shared/queue/jobDocument.ts";
import { uploadsOf } from "#shared/uploads/uploadDocument.ts";
import { uploadOfObject } from "#shared/uploads/uploadObject.ts";

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
const PAGE = 200;

/** Removes uploads past their time, object first; extends those that an open job still needs. At most `limit` are looked at. */
export async function removeExpiredUploads(
  deps: UploadSweepDeps,
  limit = 2_000,
): Promise<{ looked: number; removed: number; extended: number }> {
  const soon = plusSeconds(deps.clock(), AHEAD_SECONDS);
  const raw: CollectionReference = uploadsOf(deps.firestore).withConverter(null); // also what fits no schema has to go
  const expiring = raw.where("expiresAt", "<=", soon).orderBy("expiresAt").limit(PAGE);
  const total = { looked: 0, removed: 0, extended: 0 };
  let page = await expiring.get();
  while (page.size > 0) {
    const done = await removePage(page.docs, deps);
    total.looked += page.size;
    total.removed += done.removed;
    total.extended += done.extended;
    const last = page.docs.at(-1);
    if (!last || page.size < PAGE || total.looked >= limit) break;
    page = await expiring.startAfter(last).get();
  }
  return total;
}

async function removePage(uploads: readonly QueryDocumentSnapshot[], deps: UploadSweepDeps) {
  const now = deps.clock();
  const needed = await neededBy(
    uploads.map((upload) => String(upload.get("spaceId"))),
    deps.firestore,
  );
  const done = { removed: 0, extended: 0 };
  for (const upload of uploads) {
    if (needed.has(upload.id)) {
      await upload.ref.update({ expiresAt: plusSeconds(now, 2 * AHEAD_SECONDS) });
      done.extended += 1;
    } else if (upload.get("expiresAt").toDate() <= now) {
      await deps.uploads.remove(String(upload.get("object")));
      await upload.ref.delete();
      done.removed += 1;
    }
  }
  return done;
}

/** Looks at up to `limit` objects after a name and removes those without a document: what arrived after its upload had ended. */
export async function removeStrayUploads(
  place: string | undefined,
  deps: UploadSweepDeps,
  limit = 2_000,
): Promise<{ looked: number; removed: number; next: string | null }> {
  let looked = 0;
  let removed = 0;
  let page: StoredObject[] = [];
  for await (const object of deps.uploads.list("", place)) {
    page.push(object);
    looked += 1;
    if (page.length < PAGE && looked < limit) continue;
    removed += await removeFrom(page, deps);
    page = [];
    if (looked >= limit) return { looked, removed, next: object.name };
  }
  removed += await removeFrom(page, deps);
  return { looked, removed, next: null };
}

async function removeFrom(objects: readonly StoredObject[], deps: UploadSweepDeps): Promise<number> {
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
  );
  const unwanted = stray.filter((object) => !needed.has(uploadOfObject(object.name)?.uploadId ?? ""));
  for (const object of unwanted) await deps.uploads.remove(object.name, object.generation);
  return unwanted.length;
}

/** Ids of the uploads that open jobs of these spaces read from. */
async function neededBy(spaceIds: readonly string[], firestore: Firestore): Promise<Set<string>> {
  const needed = new Set<string>();
  for (const spaceId of new Set(spaceIds)) {
    for (const state of OPEN_STATES) {
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
