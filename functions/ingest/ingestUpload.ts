import type { Firestore } from "@google-cloud/firestore";
import type { Kinds } from "#shared/kinds/index.ts";
import type { Clock } from "#shared/platform/clock.ts";
import type { Logger } from "#shared/platform/log/logger.ts";
import { FIRST_BYTES, sniffType } from "#shared/platform/media/sniff.ts";
import type { ObjectStore, StoredObject } from "#shared/platform/storage/objectStore.ts";
import { adoptTrace } from "#shared/platform/trace.ts";
import { tombstonesOf } from "#shared/spaces/tombstoneDocument.ts";
import { isTaken } from "#shared/uploads/acceptance.ts";
import { type Upload, uploadsOf } from "#shared/uploads/uploadDocument.ts";
import { uploadOfObject } from "#shared/uploads/uploadObject.ts";

export interface IngestUploadDeps {
  readonly firestore: Firestore;
  readonly objects: ObjectStore;
  readonly kinds: Kinds;
  readonly clock: Clock;
  readonly log: Logger;
  /** Notifies every job that waits for this upload of the verdict; repeating it changes nothing. */
  readonly notifyJobs: (uploadId: string) => Promise<void>;
}

type Verdict = Pick<Upload, "state" | "reason" | "received">;

/**
 * Looks at an object that appeared in the uploads bucket and decides its upload: `received` with what is really there, or `rejected`
 * with the reason and the object removed. What belongs to no upload, came too late or for an erased space is removed.
 *
 * The event is only a hint: the object itself is looked at. Safe to repeat and to interrupt anywhere: the verdict is committed
 * before jobs are notified and before a rejected object is removed, and a repeated event does both again.
 * @throws what the stores throw; the event is then delivered again
 */
export async function ingestUpload(object: string, deps: IngestUploadDeps): Promise<void> {
  const found = await deps.objects.look(object);
  if (!found) return; // removed meanwhile, or the event of a removed one came late
  const owner = uploadOfObject(object);
  if (!owner) return removeStray(found, "not_an_upload", deps);

  const verdictFor = await readAndJudge(found, deps);
  const verdict = await commitVerdict(owner, found, verdictFor, deps);
  if (verdict === "stray") return removeStray(found, "no_upload_waits", deps);

  deps.log.info("upload_judged", {
    uploadId: owner.uploadId,
    state: verdict.state,
    reason: verdict.reason?.code,
  });
  await deps.notifyJobs(owner.uploadId);
  if (verdict.state === "rejected") await deps.objects.remove(found.name, found.generation);
}

/** Looks at the bytes first, outside of any transaction; what was declared is compared inside, where the document is read. */
async function readAndJudge(
  found: StoredObject,
  deps: IngestUploadDeps,
): Promise<(upload: Upload) => Verdict> {
  const start = await deps.objects.readStart(found.name, found.generation, Math.min(FIRST_BYTES, found.size));
  const contentType = start && (await sniffType(start));
  return (upload) => {
    if (found.size !== upload.size) {
      return rejected("size_mismatch", `${upload.size} bytes were announced, ${found.size} arrived.`);
    }
    if (upload.crc32c !== null && upload.crc32c !== found.crc32c) {
      return rejected("checksum_mismatch", "What arrived isn't what was announced; please send it again.");
    }
    if (contentType === undefined || !isTaken(deps.kinds, contentType)) {
      return rejected(
        "type_not_accepted",
        "The file isn't a video, picture or recording that can be used here.",
      );
    }
    const { generation, size, crc32c } = found;
    return { state: "received", reason: null, received: { generation, size, crc32c, contentType } };
  };
}

function rejected(code: string, message: string): Verdict {
  return { state: "rejected", reason: { code, message }, received: null };
}

/** Commits the verdict on a pending upload; gives the one that stands, or `stray` when no upload waits for these bytes. */
async function commitVerdict(
  owner: { spaceId: string; uploadId: string },
  found: StoredObject,
  judge: (upload: Upload) => Verdict,
  deps: IngestUploadDeps,
): Promise<Verdict | "stray"> {
  const document = uploadsOf(deps.firestore).doc(owner.uploadId);
  const tombstone = tombstonesOf(deps.firestore).doc(owner.spaceId);
  return deps.firestore.runTransaction(async (transaction) => {
    const [snapshot, erased] = await Promise.all([transaction.get(document), transaction.get(tombstone)]);
    const upload = snapshot.data();
    if (upload === undefined || erased.exists) return "stray";
    adoptTrace(upload.trace);
    if (upload.object !== found.name || upload.expiresAt <= deps.clock()) return "stray";
    if (upload.state === "received")
      return upload.received?.generation === found.generation ? upload : "stray";
    // Rejected once, rejected for good: a second try needs a second upload, so that a phone can believe the state it read.
    if (upload.state === "rejected") return upload;
    const verdict = judge(upload);
    transaction.update(document, { ...verdict });
    return verdict;
  });
}

async function removeStray(found: StoredObject, why: string, deps: IngestUploadDeps): Promise<void> {
  deps.log.warn("stray_object_removed", { why });
  await deps.objects.remove(found.name, found.generation);
}
