/** The fetch of an upload that is under way, in its document: what keeps the work from being done twice at once, or for nothing. */
import type { Firestore, Transaction } from "@google-cloud/firestore";
import { type Clock, plusSeconds } from "#shared/platform/clock.ts";
import { errors } from "#shared/platform/errors.ts";
import { retryConflicts } from "#shared/platform/firestore/retryConflicts.ts";
import type { NewId } from "#shared/platform/ids.ts";
import { jobsOf } from "#shared/queue/jobDocument.ts";
import { tombstonesOf } from "#shared/spaces/tombstoneDocument.ts";
import { type FetchFailure, type Upload, uploadsOf } from "#shared/uploads/uploadDocument.ts";
import type { FetchLimits } from "./limits.ts";

export interface FetchLeaseDeps {
  readonly firestore: Firestore;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly limits: FetchLimits;
}

type Source = NonNullable<Upload["source"]>;
export type FetchedUpload = Upload & { readonly source: Source };

export type Begun =
  /** Nothing is to be done: judged, expired, erased, or no job waits for it any more. */
  | { readonly outcome: "over" }
  | { readonly outcome: "failed"; readonly upload: FetchedUpload }
  | { readonly outcome: "begun"; readonly upload: FetchedUpload; readonly fetchId: string };

/** After so many beginnings without an end it is given up: something about it ends the process. */
const MAX_BEGUN = 10;

/**
 * Begins a fetch, unless another is alive.
 * @throws `unavailable` while another is: the task is tried again, in case that one dies
 */
export function beginFetch(uploadId: string, deps: FetchLeaseDeps): Promise<Begun> {
  return changing(uploadId, deps, async (transaction, upload): Promise<Begun> => {
    if (!upload) return { outcome: "over" };
    const { source } = upload;
    const document = uploadsOf(deps.firestore).doc(uploadId);
    if (!(await isWanted(uploadId, upload, transaction, deps))) {
      // This task's name is used up, and a job that names the upload later needs another.
      transaction.update(document, { "source.round": source.round + 1 });
      return { outcome: "over" };
    }
    if (source.failure !== null) return { outcome: "failed", upload };
    const now = deps.clock();
    if (source.fetch && source.fetch.until > now) {
      const retryAfterSeconds = Math.ceil((source.fetch.until.getTime() - now.getTime()) / 1000);
      throw errors.unavailable("this is being fetched", { retryAfterSeconds });
    }
    if (source.begun >= MAX_BEGUN) {
      transaction.update(document, { "source.failure": "url_unreachable", "source.fetch": null });
      return { outcome: "failed", upload };
    }
    const fetch = { id: deps.newId(), until: plusSeconds(now, deps.limits.alive) };
    transaction.update(document, { "source.begun": source.begun + 1, "source.fetch": fetch });
    return { outcome: "begun", upload, fetchId: fetch.id };
  });
}

/** Says that a fetch goes on. @returns whether it still should: it is the one under way, and still wanted */
export function continueFetch(uploadId: string, fetchId: string, deps: FetchLeaseDeps): Promise<boolean> {
  return changing(uploadId, deps, async (transaction, upload) => {
    if (upload?.source.fetch?.id !== fetchId) return false;
    if (!(await isWanted(uploadId, upload, transaction, deps))) return false;
    const until = plusSeconds(deps.clock(), deps.limits.alive);
    transaction.update(uploadsOf(deps.firestore).doc(uploadId), { "source.fetch": { id: fetchId, until } });
    return true;
  });
}

/**
 * Ends a fetch that made no object.
 * @param failure why there will be none; null when another may begin at once, by this task or by one of the next round
 * @returns whether it was still the one under way
 */
export function endFetch(
  uploadId: string,
  fetchId: string,
  failure: FetchFailure | null,
  deps: FetchLeaseDeps,
): Promise<boolean> {
  return changing(uploadId, deps, async (transaction, upload) => {
    if (upload?.source.fetch?.id !== fetchId) return false;
    transaction.update(uploadsOf(deps.firestore).doc(uploadId), {
      "source.fetch": null,
      "source.failure": failure,
      ...(failure === null ? { "source.round": upload.source.round + 1 } : {}),
    });
    return true;
  });
}

/** One transaction on an upload that is still to be fetched; `work` gets undefined for any other. */
function changing<T>(
  uploadId: string,
  { firestore }: FetchLeaseDeps,
  work: (transaction: Transaction, upload: FetchedUpload | undefined) => Promise<T>,
): Promise<T> {
  const document = uploadsOf(firestore).doc(uploadId);
  return retryConflicts(() =>
    firestore.runTransaction(async (transaction) => {
      const upload = (await transaction.get(document)).data();
      const source = upload?.state === "pending" ? upload.source : undefined;
      return work(transaction, upload && source && { ...upload, source });
    }),
  );
}

/** Whether a job waits for it: one that was cancelled, failed or erased does not. The job is committed before its task is added. */
async function isWanted(
  uploadId: string,
  upload: Upload,
  transaction: Transaction,
  { firestore, clock }: FetchLeaseDeps,
): Promise<boolean> {
  if (upload.expiresAt <= clock()) return false;
  const waiting = jobsOf(firestore).where("waitingFor", "array-contains", uploadId).select().limit(1);
  const [jobs, erased] = await Promise.all([
    transaction.get(waiting),
    transaction.get(tombstonesOf(firestore).doc(upload.spaceId)),
  ]);
  return jobs.size > 0 && !erased.exists;
}
