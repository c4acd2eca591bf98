import { FieldValue, type Firestore, type Transaction } from "@google-cloud/firestore";
import { type FailureCode, reasonOf } from "../kinds/failures.ts";
import type { Kinds } from "../kinds/index.ts";
import { beginsLikeJson, largestJson, readJson } from "../kinds/jsonInput.ts";
import type { Clock } from "../platform/clock.ts";
import { retryConflicts } from "../platform/firestore/retryConflicts.ts";
import type { Logger } from "../platform/log/logger.ts";
import { JSON_TYPE } from "../platform/media/mediaTypes.ts";
import { FIRST_BYTES, sniffType } from "../platform/media/sniff.ts";
import { oneAtATime } from "../platform/oneAtATime.ts";
import type { ObjectStore, StoredObject } from "../platform/storage/objectStore.ts";
import { adoptTrace } from "../platform/trace.ts";
import { tombstonesOf } from "../spaces/tombstoneDocument.ts";
import { isTaken } from "./acceptance.ts";
import { giveBytesBack } from "./budget.ts";
import { budgetsOf } from "./budgetDocument.ts";
import { type Upload, uploadsOf } from "./uploadDocument.ts";
import { uploadOfObject } from "./uploadObject.ts";

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
 * @returns what became of it: the verdict that stands, `stray` for what was removed as no upload's, or undefined when no object is there
 * @throws what the stores throw; it has to be done again then
 */
export async function ingestUpload(
  object: string,
  deps: IngestUploadDeps,
): Promise<Upload["state"] | "stray" | undefined> {
  const found = await deps.objects.look(object);
  if (!found) return undefined; // removed meanwhile, or the event of a removed one came late
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
  return verdict.state;
}

/** Looks at the bytes first, outside of any transaction; what was declared is compared inside, where the document is read. */
async function readAndJudge(
  found: StoredObject,
  deps: IngestUploadDeps,
): Promise<(upload: Upload) => Verdict> {
  const content = await readContent(found, deps);
  return (upload) => {
    if (upload.source?.failure) return rejected(upload.source.failure);
    if (upload.source && found.size > upload.size) return rejected("too_large");
    if (!upload.source && found.size !== upload.size) return rejected("size_mismatch");
    if (upload.crc32c !== null && upload.crc32c !== found.crc32c) {
      return rejected("checksum_mismatch");
    }
    if (typeof content === "string") return rejected(content);
    if (!isTaken(deps.kinds, content.contentType)) return rejected("type_not_accepted");
    const { generation, size, crc32c } = found;
    return { state: "received", reason: null, received: { generation, size, crc32c, ...content } };
  };
}

type Content = Pick<NonNullable<Upload["received"]>, "contentType" | "shapes">;

/** What the bytes are, or why they can't be used. The first ones say it, except of JSON, which is read whole where a kind takes any. */
async function readContent(found: StoredObject, deps: IngestUploadDeps): Promise<Content | FailureCode> {
  const { name, generation, size } = found;
  const start = await deps.objects.readStart(name, generation, Math.min(FIRST_BYTES, size));
  const contentType = start && (await sniffType(start));
  if (contentType !== undefined) return { contentType };
  const most = largestJson(deps.kinds.values());
  if (most === 0 || start === undefined || !beginsLikeJson(start)) return "type_not_accepted";
  if (size > most) return "too_large";
  const reading = await oneJsonAtATime(async () => {
    const bytes = await deps.objects.readStart(name, generation, size);
    return bytes && readJson(bytes, deps.kinds.values());
  });
  if (reading?.outcome === "read") {
    const { shapes } = reading;
    return { contentType: JSON_TYPE, ...(shapes.length > 0 ? { shapes: [...shapes] } : {}) };
  }
  return reading?.outcome === "too_large" ? "too_large" : "json_unreadable";
}

/** An instance judges several uploads at once, and has memory for the values of one. */
const oneJsonAtATime = oneAtATime();

function rejected(code: FailureCode): Verdict {
  return { state: "rejected", reason: reasonOf(code), received: null };
}

/** Commits the verdict on a pending upload; gives the one that stands, or `stray` when no upload waits for these bytes. */
async function commitVerdict(
  owner: { spaceId: string; uploadId: string },
  found: StoredObject,
  judge: (upload: Upload) => Verdict,
  deps: IngestUploadDeps,
): Promise<Verdict | "stray"> {
  const document = uploadsOf(deps.firestore).doc(owner.uploadId);
  const budgetOfSpace = budgetsOf(deps.firestore).doc(owner.spaceId);
  const tombstone = tombstonesOf(deps.firestore).doc(owner.spaceId);
  const decide = async (transaction: Transaction): Promise<Verdict | "stray"> => {
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
    const unused = upload.size - (verdict.received?.size ?? 0);
    // Only where it is changed: the family's new uploads would wait for each verdict otherwise.
    const budget = unused > 0 ? await transaction.get(budgetOfSpace) : undefined;
    const fetched = { size: verdict.received?.size ?? upload.size, source: FieldValue.delete() };
    transaction.update(document, { ...verdict, ...(upload.source ? fetched : {}) });
    const days = budget?.data()?.days;
    if (days) {
      // With the verdict, which is committed once, so a repeated event gives nothing back again.
      transaction.update(budgetOfSpace, { days: giveBytesBack(days, unused, upload.createdAt) });
    }
    return verdict;
  };
  return retryConflicts(() => deps.firestore.runTransaction(decide));
}

async function removeStray(found: StoredObject, why: string, deps: IngestUploadDeps): Promise<"stray"> {
  deps.log.warn("stray_object_removed", { why });
  await deps.objects.remove(found.name, found.generation);
  return "stray";
}
