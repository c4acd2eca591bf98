import type { Firestore, Query } from "@google-cloud/firestore";
import type { Clock } from "../platform/clock.ts";
import { retryConflicts } from "../platform/firestore/retryConflicts.ts";
import { giveBytesBack } from "./budget.ts";
import { budgetsOf } from "./budgetDocument.ts";
import { uploadsOf } from "./uploadDocument.ts";

/**
 * Ends an upload that was made for a request which was then refused: its bytes leave the budget, and what arrives or has arrived is
 * removed like that of an upload that has expired. One that was judged meanwhile, or that a job names, is left as it is.
 * @param jobsNaming finds a job that waits for the upload
 */
export async function abandonUpload(
  id: string,
  { firestore, clock }: { readonly firestore: Firestore; readonly clock: Clock },
  jobsNaming: Query,
): Promise<void> {
  const document = uploadsOf(firestore).doc(id);
  await retryConflicts(() =>
    firestore.runTransaction(async (transaction) => {
      const upload = (await transaction.get(document)).data();
      const now = clock();
      if (upload?.state !== "pending" || upload.expiresAt <= now) return;
      // The same request may be under way twice: this one was refused, and the other's job may have the upload.
      if ((await transaction.get(jobsNaming)).size > 0) return;
      const budget = budgetsOf(firestore).doc(upload.spaceId);
      const days = (await transaction.get(budget)).data()?.days;
      transaction.update(document, { expiresAt: now });
      if (days) transaction.update(budget, { days: giveBytesBack(days, upload.size, upload.createdAt) });
    }),
  );
}
