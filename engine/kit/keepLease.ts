import type { Clock } from "#shared/platform/clock.ts";
import type { Logger } from "#shared/platform/log/logger.ts";
import { type EngineClient, isLeaseLost, type Lease } from "./client.ts";
import { pause } from "./retry.ts";

/** How far the work is; the work changes it, each renewal reads it. */
export interface Progress {
  /** From 0 to 1; what the gateway gets never falls. */
  fraction: number;
  stage: string;
}

export interface KeptLease extends Disposable {
  /** Aborted when the lease is lost or the family cancelled the job; its reason says which. */
  readonly lost: AbortSignal;
}

/** Renewals per lease: two may be lost on the way before it ends. */
const RENEWALS = 3;
/** A new stage is reported soon, but not more often than this, in seconds. */
const SOON = 1;

/**
 * Renews a lease at a third of its length, and soon after a new stage of the work has begun, until disposed of. A renewal without an
 * answer is tried again; only the gateway's word ends the lease, because an engine that can't hear may still be the only one at work.
 */
export function keepLease(
  lease: Lease,
  progress: Progress,
  deps: {
    readonly client: EngineClient;
    readonly leaseSeconds: number;
    readonly log: Logger;
    readonly clock: Clock;
  },
): KeptLease {
  const lost = new AbortController();
  const over = new AbortController();
  void renewUntilOver();
  return { lost: lost.signal, [Symbol.dispose]: () => over.abort() };

  async function renewUntilOver(): Promise<void> {
    let { expiresAt } = lease;
    let sentFraction = 0;
    let sentStage = progress.stage;
    while (!over.signal.aborted) {
      const every = Math.max(0.1, granted(expiresAt) / RENEWALS);
      await untilDue(every, () => progress.stage !== sentStage);
      if (over.signal.aborted) return;
      try {
        sentStage = progress.stage;
        sentFraction = Math.min(1, Math.max(sentFraction, progress.fraction));
        const report = { progress: sentFraction, stage: sentStage, leaseSeconds: deps.leaseSeconds };
        const answer = await deps.client.renew(lease.leaseId, report);
        expiresAt = answer.expiresAt;
        if (answer.cancelRequested) end("cancelled");
      } catch (error) {
        if (isLeaseLost(error)) end("lease_lost");
        else if (!over.signal.aborted) deps.log.warn("renewal_failed", { error });
        await quietly(pause(Math.min(every, SOON), over.signal));
      }
    }
  }

  function end(reason: "cancelled" | "lease_lost"): void {
    if (!over.signal.aborted) lost.abort(reason);
    over.abort();
  }

  /** The gateway may grant less than was asked for; its clock is not trusted to be ours. */
  function granted(expiresAt: Date): number {
    const left = (expiresAt.getTime() - deps.clock().getTime()) / 1000;
    return left > 0 ? Math.min(left, deps.leaseSeconds) : deps.leaseSeconds;
  }

  async function untilDue(seconds: number, changed: () => boolean): Promise<void> {
    for (
      let waited = 0;
      waited < seconds && !over.signal.aborted && !(waited > 0 && changed());
      waited += SOON
    ) {
      await quietly(pause(Math.min(SOON, seconds - waited), over.signal));
    }
  }
}

async function quietly(waiting: Promise<void>): Promise<void> {
  await waiting.catch(() => undefined);
}
