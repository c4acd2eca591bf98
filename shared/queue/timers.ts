import { hasCode } from "../platform/errors.ts";
import { withTrace } from "../platform/trace.ts";
import { type Applied, changeJob, type QueueDeps } from "./changeJob.ts";
import { lastLeaseNumber, noteLeaseEnd } from "./engineRecords.ts";

/**
 * - `applied`: the lease was ended, or the job is in line again.
 * - `over`: it is about something that has ended otherwise, or was renewed and has a new timer.
 * - `early`: by this machine's clock its time hasn't come.
 */
export type TimerOutcome = "applied" | "over" | "early";

/**
 * The end of a lease, if it was not renewed: the job goes back in line, or has failed after its last attempt. A lease that was
 * renewed gets another timer.
 * @param input.at the time this timer was set for, if it is known
 */
export async function endLease(
  input: { jobId: string; leaseNumber: number; at?: Date | undefined },
  deps: QueueDeps,
): Promise<TimerOutcome> {
  const { jobId, leaseNumber, at } = input;
  const applied = await unlessGone(changeJob(jobId, { type: "lease_ended", leaseNumber }, deps));
  if (applied?.verdict === "changed") {
    const { attempt, maxAttempts, state, kind } = applied.job;
    withTrace(applied.job.trace, () =>
      deps.log.warn("lease_ended", { jobId, kind, leaseNumber, attempt, maxAttempts, state }),
    );
  }
  // After the log line, which a run that is repeated doesn't write again. And also when an earlier run of this timer changed the job: it may
  // have stopped before it noted that.
  if (applied?.job.lastLease?.how === "ended" && lastLeaseNumber(applied.job) === leaseNumber) {
    await noteLeaseEnd(jobId, applied.job, "lost", deps);
  }
  return outcomeOf(applied, at);
}

/** The end of a back-off: the job enters the line again. */
export async function endBackOff(
  input: { jobId: string; enqueueCount: number; at?: Date | undefined },
  deps: QueueDeps,
): Promise<TimerOutcome> {
  const { jobId, enqueueCount, at } = input;
  return outcomeOf(await unlessGone(changeJob(jobId, { type: "back_off_ended", enqueueCount }, deps)), at);
}

/** A timer that is asked for again for the time that this one had is this one: its name is taken, so it must be tried again itself. */
function outcomeOf(applied: Applied | undefined, at: Date | undefined): TimerOutcome {
  if (applied?.verdict === "changed") return "applied";
  const again = applied?.effects.find(
    (effect) => effect.type === "lease_timer" || effect.type === "entry_timer",
  );
  const same = again && at !== undefined && again.at.getTime() === at.getTime();
  return same ? "early" : "over";
}

async function unlessGone(change: Promise<Applied>): Promise<Applied | undefined> {
  try {
    return await change;
  } catch (error) {
    if (hasCode(error, "not_found")) return undefined;
    throw error;
  }
}
