/** Uploads that are fetched from a URL: how they are made, and the task that has `outbound` fetch them. */
import type { Firestore } from "@google-cloud/firestore";
import type { InputRule } from "../kinds/kind.ts";
import { retryConflicts } from "../platform/firestore/retryConflicts.ts";
import { publicUrl } from "../platform/net/publicUrl.ts";
import type { Task, TaskQueue } from "../platform/tasks/taskQueue.ts";
import { MAX_FETCHED_BYTES } from "./givenInput.ts";
import { type InputOwner, type StoreOnceDeps, storeOnce } from "./storeOnce.ts";
import { uploadsOf } from "./uploadDocument.ts";

/**
 * Makes an upload of what is at a URL. The document takes the most that it may have from the space's budget; the verdict gives back what was
 * not needed. The job follows, and then the task, so a task always finds its job. A crash before the job leaves an upload that no job names,
 * which expires; one before the task is found by `sweep`.
 * @param url has been found to be one that may be fetched (`problemsOfInputs`)
 * @returns the upload's id
 * @throws `upload_budget_spent`; what Firestore throws
 */
export async function placeUrl(
  url: string,
  rule: Pick<InputRule, "maxBytes">,
  owner: InputOwner,
  deps: StoreOnceDeps,
): Promise<string> {
  const href = publicUrl(url)?.href;
  if (href === undefined) throw new Error("the URL of an input was not checked");
  const { id } = await storeOnce(
    ["url", href],
    {
      contentType: "application/octet-stream", // what it is, its bytes will say
      size: Math.min(rule.maxBytes, MAX_FETCHED_BYTES),
      source: { url: href, round: 1, begun: 0, fetch: null, failure: null },
    },
    owner,
    deps,
  );
  return id;
}

/** The task of one round; adding it again changes nothing. */
function fetchTask(uploadId: string, round: number): Task {
  return { queue: "fetch", name: `fetch-${uploadId}-${round}`, path: "/fetch", body: { uploadId } };
}

export interface FetchTaskDeps {
  readonly firestore: Firestore;
  /** Whose tasks call `outbound`. */
  readonly fetches: TaskQueue;
}

/**
 * Adds the tasks that fetch those of these uploads that are still to be fetched. The job that waits for them must have been committed.
 * @param again in a new round: a person has started the job again, and the task of the round before may have found it ended
 * @returns how many tasks were added, those that had been added before left out
 */
export async function requestFetches(
  uploadIds: readonly string[],
  { firestore, fetches: tasks }: FetchTaskDeps,
  { again = false }: { again?: boolean } = {},
): Promise<number> {
  let added = 0;
  for (const id of uploadIds) {
    const round = await roundOf(id, firestore, again);
    if (round !== undefined && (await tasks.add(fetchTask(id, round))) === "added") added += 1;
  }
  return added;
}

/** The round of an upload that is still to be fetched; undefined for any other. */
async function roundOf(uploadId: string, firestore: Firestore, again: boolean): Promise<number | undefined> {
  const document = uploadsOf(firestore).doc(uploadId);
  const read = async () => {
    const upload = (await document.get()).data();
    return upload?.state === "pending" ? upload.source?.round : undefined;
  };
  if (!again) return read();
  return retryConflicts(() =>
    firestore.runTransaction(async (transaction) => {
      const upload = (await transaction.get(document)).data();
      if (upload?.state !== "pending" || !upload.source) return undefined;
      const round = upload.source.round + 1;
      transaction.update(document, { "source.round": round });
      return round;
    }),
  );
}
