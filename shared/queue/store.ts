/** Jobs in Firestore: read, and changed by `transition` in transactions whose writes depend on what was read. */
import type { DocumentReference, Firestore, Transaction } from "@google-cloud/firestore";
import type { Clock } from "../clock.ts";
import { type Job, jobSchema } from "../documents/job.ts";
import { EMPTY_LINE, type Line, lineSchema } from "../documents/line.ts";
import { Conflict, NotFound } from "../errors.ts";
import type { Kinds } from "../kinds/index.ts";
import { type EffectDeps, perform } from "./effects.ts";
import { settleLine, touchesLine } from "./fairLine.ts";
import { type Rules, rulesOf } from "./rules.ts";
import { type Effect, type JobEvent, type Refusal, transition } from "./transition.ts";
import { virtualTime } from "./virtualTime.ts";

export interface QueueDeps extends EffectDeps {
  readonly firestore: Firestore;
  readonly kinds: Kinds;
  readonly clock: Clock;
  /** The setting RETRY_BACKOFF_MAX_SECONDS. */
  readonly backoffMaxSeconds: number | undefined;
}

export interface Applied {
  readonly verdict: "changed" | "unchanged";
  /** As it was written. */
  readonly job: Job;
  readonly effects: readonly Effect[];
}

/** Transactions that meet others on the same document are tried this often; each waits a little longer than the one before. */
export const TRANSACTION_ATTEMPTS = 20;

/**
 * Changes one job by an event and then sees to what the change asks for. The job, its group's line and whatever `also` writes are
 * one transaction; effects follow the commit and are made up by `sweep` should a crash come between.
 * @param also more writes of the same transaction, once the outcome is known; its own reads come before them
 * @throws NotFound when the job isn't there; Conflict with the refusal's code
 */
export async function changeJob(
  jobId: string,
  event: JobEvent | ((job: Job) => JobEvent),
  deps: QueueDeps,
  also?: (transaction: Transaction, applied: Applied) => Promise<void>,
): Promise<Applied> {
  const { applied, effects } = await deps.firestore.runTransaction(
    async (transaction) => {
      const document = deps.firestore.doc(`jobs/${jobId}`);
      const before = await readJob(transaction, document);
      const outcome = transition(
        before,
        typeof event === "function" ? event(before) : event,
        deps.clock(),
        rulesFor(before.kind, deps),
      );
      if (outcome.verdict === "refused") throw refusal(outcome.why);
      const { verdict, effects } = outcome;
      const write = await prepareWrite(transaction, document, before, outcome.job, deps);
      const applied: Applied = { verdict, job: write.job, effects };
      await also?.(transaction, applied);
      if (verdict === "changed") write.commit();
      return { applied, effects: effects.map((effect) => ({ jobId, job: write.job, effect })) };
    },
    { maxAttempts: TRANSACTION_ATTEMPTS },
  );
  await perform(effects, deps);
  return applied;
}

/** A job's document, parsed; undefined when it isn't there. */
export async function findJob(firestore: Firestore, jobId: string): Promise<Job | undefined> {
  const snapshot = await firestore.doc(`jobs/${jobId}`).get();
  return snapshot.exists ? jobSchema.parse(snapshot.data()) : undefined;
}

/** @throws NotFound */
export async function readJob(transaction: Transaction, document: DocumentReference): Promise<Job> {
  const snapshot = await transaction.get(document);
  if (!snapshot.exists) throw new NotFound();
  return jobSchema.parse(snapshot.data());
}

/**
 * Settles the group's line for a change of one of its jobs. Reads now, so it comes before all writes of the transaction; writes both
 * documents in `commit`.
 * @param before undefined when the job is new
 */
export async function prepareWrite(
  transaction: Transaction,
  document: DocumentReference,
  before: Job | undefined,
  after: Job,
  deps: QueueDeps,
): Promise<{ job: Job; line: Line | undefined; commit: () => void }> {
  if (!touchesLine(before, after)) {
    return { job: after, line: undefined, commit: () => transaction.set(document, after) };
  }
  const lineDocument = deps.firestore.doc(`lines/${after.groupId}`);
  const snapshot = await transaction.get(lineDocument);
  const line = snapshot.exists ? lineSchema.parse(snapshot.data()) : EMPTY_LINE;
  const now = after.waiting && after.place === null ? await virtualTime(after.kind, deps.firestore) : 0;
  const settled = settleLine(line, before, after, kindOf(after.kind, deps), now);
  return {
    ...settled,
    commit: () => {
      transaction.set(document, settled.job);
      transaction.set(lineDocument, settled.line);
    },
  };
}

/** The rules of a job's kind, with the deployment's bound on back-off. */
export function rulesFor(kind: string, deps: Pick<QueueDeps, "kinds" | "backoffMaxSeconds">): Rules {
  return rulesOf(kindOf(kind, deps), deps.backoffMaxSeconds);
}

function kindOf(name: string, deps: Pick<QueueDeps, "kinds">) {
  const kind = deps.kinds.get(name);
  if (!kind) throw new Error(`a job is of the kind ${name}, which this deployment doesn't know`);
  return kind;
}

const REFUSALS: Readonly<Record<Refusal, string>> = {
  lease_lost: "the lease has ended; another may have begun",
  job_finished: "the job has ended",
  job_not_finished: "the job has not ended",
  upload_rejected: "one of the job's files was rejected; submit a new job with another",
  not_waiting: "the job is not waiting",
};

/** A refusal as the error a caller is told. */
export function refusal(why: Refusal): Conflict {
  return new Conflict(why === "not_waiting" ? "lease_lost" : why, REFUSALS[why]);
}
