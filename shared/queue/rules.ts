import type { Kind } from "../kinds/kind.ts";
import type { Rules } from "./transition.ts";

export type { Rules };

/** A kind's rules, its back-off bounded by the deployment (RETRY_BACKOFF_MAX_SECONDS). */
export function rulesOf(kind: Kind, backoffMaxSeconds: number | undefined): Rules {
  const { baseSeconds, maxSeconds } = kind.backoff;
  return {
    ...kind,
    backoff: { baseSeconds, maxSeconds: Math.min(maxSeconds, backoffMaxSeconds ?? maxSeconds) },
  };
}
