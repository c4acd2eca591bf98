import { continueErasure, type ErasureDeps } from "#shared/erasure/continueErasure.ts";
import { type Erasure, requestErasure } from "#shared/erasure/requestErasure.ts";
import type { Caller } from "./caller.ts";

/**
 * Real seconds a request works on what is outside SQL; `sweep` does the rest. Firebase Hosting ends a request after 60
 * (https://firebase.google.com/docs/hosting/functions), and the step that is under way has to end before.
 */
const BUDGET_SECONDS = 35;

/**
 * Erases the caller, and with a recipient their group. After the first transaction it can't be stopped or undone; `sweep` finishes
 * what this request does not.
 * @returns the erasure, with `doneAt` null when `sweep` has something left to do
 */
export async function eraseCaller(caller: Caller, deps: ErasureDeps): Promise<Erasure> {
  const requested = await requestErasure(caller, deps.db, deps.clock());
  if (requested.doneAt !== null) return requested;
  try {
    return await continueErasure(caller.userId, deps, BUDGET_SECONDS);
  } catch (error) {
    deps.log.error("erasure_interrupted", { error, userId: caller.userId });
    return requested;
  }
}
