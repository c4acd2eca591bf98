import { errors } from "#shared/platform/errors.ts";

/** The streams that this instance has open. */
export interface OpenStreams {
  /**
   * Counts one more stream of an account.
   * @returns is called at its end, and may be called again
   * @throws `rate_limited` when the account or the instance has as many as it may
   */
  add(userId: string): () => void;
}

/** A stream ends after 25 seconds at the latest, so by then there is room. */
const RETRY_AFTER_SECONDS = 10;

export function openStreams(limits: { perAccount: number; perInstance: number }): OpenStreams {
  const ofAccount = new Map<string, number>();
  let all = 0;
  return {
    add(userId) {
      const own = ofAccount.get(userId) ?? 0;
      if (own >= limits.perAccount) throw tooMany(`at most ${limits.perAccount} streams of one account`);
      if (all >= limits.perInstance)
        throw tooMany("too many streams are open; listen to Firestore, or ask again");
      ofAccount.set(userId, own + 1);
      all += 1;
      let ended = false;
      return () => {
        if (ended) return;
        ended = true;
        all -= 1;
        const left = (ofAccount.get(userId) ?? 1) - 1;
        if (left === 0) ofAccount.delete(userId);
        else ofAccount.set(userId, left);
      };
    },
  };
}

function tooMany(detail: string) {
  return errors.rateLimited(detail, { retryAfterSeconds: RETRY_AFTER_SECONDS });
}
