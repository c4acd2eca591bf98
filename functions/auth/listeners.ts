import type { FirebaseAccounts } from "#shared/platform/google/firebaseAccounts.ts";
import type { Logger } from "#shared/platform/log/logger.ts";
import type { Listeners } from "#shared/spaces/listeners.ts";

const PATIENCE_MILLISECONDS = 3_000;

/** Ends the Firestore listeners of sessions of one person; never rejects. */
export type EndListeners = (userId: string, sessionIds: readonly string[]) => Promise<void>;

/**
 * Phones listen to Firestore with a Firebase session of their own, independent of ours. When one of ours has ended, its document goes, and with
 * it what its listener tokens may read, those that are used later too. The person's Firebase sessions are revoked as well: Firebase can
 * only end all of a person's at once, and the person's other phones ask for a new listener token and continue.
 * @returns a function that never rejects, because the session has ended by then; a failure is logged, and `sweep` deletes the document
 */
export function listenerEnder(firebase: FirebaseAccounts, listeners: Listeners, log: Logger): EndListeners {
  return async (userId, sessionIds) => {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error("the listeners weren't ended in time")),
        PATIENCE_MILLISECONDS,
      );
    });
    const ending = Promise.allSettled([listeners.end(sessionIds), firebase.revoke(userId)]);
    try {
      const failed = (await Promise.race([ending, patience])).find(({ status }) => status === "rejected");
      if (failed?.status === "rejected") throw failed.reason;
    } catch (error) {
      log.warn("listeners_not_ended", { error, userId });
    } finally {
      clearTimeout(timer);
    }
  };
}
