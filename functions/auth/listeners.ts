import type { FirebaseAccounts } from "#shared/platform/google/firebaseAccounts.ts";
import type { Logger } from "#shared/platform/log/logger.ts";

const PATIENCE_MILLISECONDS = 3_000;

/**
 * Phones listen to Firestore with a Firebase session of their own, independent of ours; when one of ours ends, Firebase's end
 * too. Firebase can only end all of a person's at once: the person's other phones ask for a new listener token and continue.
 * @returns a function that never rejects, because the session has ended by then; a failure is logged, and the listener ends when the
 *   membership does
 */
export function listenerEnder(firebase: FirebaseAccounts, log: Logger): (userId: string) => Promise<void> {
  return async (userId) => {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error("Firebase didn't answer in time")), PATIENCE_MILLISECONDS);
    });
    try {
      await Promise.race([firebase.revoke(userId), patience]);
    } catch (error) {
      log.warn("listeners_not_ended", { error, userId });
    } finally {
      clearTimeout(timer);
    }
  };
}
