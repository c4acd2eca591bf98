import type { ChangingDeps } from "#shared/changes/changing.ts";
import { continueErasure, type ErasureDeps } from "#shared/erasure/continueErasure.ts";
import { type Erasure, requestErasure } from "#shared/erasure/requestErasure.ts";
import { inTime, TimeLimit } from "#shared/platform/timeLimit.ts";
import type { Caller } from "./caller.ts";

/** Real seconds of a request for what is outside SQL; `sweep` does the rest. */
interface Seconds {
  /** After these nothing more is begun. */
  readonly work: number;
  /** After these a step that hangs is left behind. */
  readonly most: number;
}

/** Firebase Hosting ends a request after 60 seconds (https://firebase.google.com/docs/hosting/functions). */
export const SECONDS: Seconds = { work: 35, most: 45 };

/**
 * Erases the caller, and with a recipient their group. After the first transaction it can't be stopped or undone; `sweep` finishes
 * what this request does not.
 * @returns the erasure, with `doneAt` null when `sweep` has something left to do
 */
export async function eraseCaller(
  caller: Caller,
  deps: ErasureDeps & ChangingDeps,
  seconds: Seconds = SECONDS,
): Promise<Erasure> {
  const requested = await requestErasure(caller, deps);
  if (requested.doneAt !== null) return requested;
  try {
    return await inTime(new TimeLimit(seconds.most), (time) =>
      continueErasure(caller.userId, deps, time.part(seconds.work)),
    );
  } catch (error) {
    deps.log.error("erasure_interrupted", { error, userId: caller.userId });
    return requested;
  }
}
