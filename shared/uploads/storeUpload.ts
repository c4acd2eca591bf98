import type { Firestore } from "@google-cloud/firestore";
import { type Clock, plusSeconds } from "../platform/clock.ts";
import { retryConflictsInTurn } from "../platform/firestore/retryConflicts.ts";
import { bytesLeft, takeBytes } from "./budget.ts";
import { budgetsOf } from "./budgetDocument.ts";
import { type Upload, uploadsOf } from "./uploadDocument.ts";

export interface StoreUploadDeps {
  readonly firestore: Firestore;
  readonly clock: Clock;
  /** Days after which an upload that no job keeps is removed. */
  readonly retentionDays: number;
  /** How much one space may ask for within those days; undefined for no limit. */
  readonly bytesPerSpace: number | undefined;
}

/**
 * Writes the document of an upload, in one transaction with its space's budget, so a crash leaves both or neither: a document that
 * expires, and bytes that leave the count when it does.
 * @param options.upToBudget take what is left, when the size is only the most that it may have
 * @returns the upload by that id: this one, or the one of an attempt whose answer was lost, for which nothing is counted again
 * @throws `upload_budget_spent` with what is left
 */
export async function storeUpload(
  id: string,
  upload: Upload,
  deps: StoreUploadDeps,
  { upToBudget = false }: { upToBudget?: boolean } = {},
): Promise<Upload> {
  const { firestore, bytesPerSpace, retentionDays } = deps;
  const document = uploadsOf(firestore).doc(id);
  const budget = budgetsOf(firestore).doc(upload.spaceId);
  const now = deps.clock();
  // In turn within this instance: many uploads of one space would keep each other waiting.
  return retryConflictsInTurn(budget.path, () =>
    firestore.runTransaction(async (transaction) => {
      const [made, spent] = await Promise.all([transaction.get(document), transaction.get(budget)]);
      const there = made.data();
      if (there) return there;
      let { size } = upload;
      if (bytesPerSpace !== undefined) {
        const days = spent.data()?.days ?? {};
        const rule = { bytesPerSpace, retentionDays };
        const left = bytesLeft(days, now, rule);
        if (upToBudget && left > 0) size = Math.min(size, left);
        transaction.set(budget, {
          days: takeBytes(days, size, now, rule),
          expiresAt: plusSeconds(now, (retentionDays + 2) * 86_400),
        });
      }
      transaction.create(document, { ...upload, size });
      return { ...upload, size };
    }),
  );
}
