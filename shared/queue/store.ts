/** Jobs in Firestore: read, and changed by `transition`, each write conditional on the state it was computed from. */
import type {
  DocumentReference,
  DocumentSnapshot,
  Firestore,
  Precondition,
  Transaction,
  WriteBatch,
} from "@google-cloud/firestore";
import type { Kinds } from "../kinds/index.ts";
import type { Clock } from "../platform/clock.ts";
import { errors, type ReverieError } from "../platform/errors.ts";
import { optimistically } from "../platform/firestore/retryConflicts.ts";
import { type EffectDeps, perform } from "./effects.ts";
import { settleLine, touchesLine } from "./fairLine.ts";
import { type Job, jobSchema } from "./jobDocument.ts";
import { EMPTY_LINE, type Line, lineSchema } from "./lineDocument.ts";
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

/**
 * Changes one job by an event and then sees to what the change asks for. The job, its space's line and whatever `also` writes are
 * committed together; effects follow, and are made up by `sweep` should a crash come between.
 * @param also reads and writes of its own, in a transaction with a change; not called when nothing changes
 * @throws `not_found` when the job isn't there; the error of the refusal
 */
export async function changeJob(
  jobId: string,
  event: JobEvent,
  deps: QueueDeps,
  also?: (transaction: Transaction, job: Job) => Promise<void>,
): Promise<Applied> {
  const applied = await optimistically(async (): Promise<Applied> => {
    const { document, job: before, precondition } = await readJob(jobId, deps.firestore);
    const outcome = transition(before, event, deps.clock(), rulesFor(before.kind, deps));
    if (outcome.verdict === "refused") throw refusal(outcome.why);
    if (outcome.verdict === "unchanged") return outcome;
    const { job, write } = await prepareWrite({ document, before, precondition }, outcome.job, deps);
    await commit(deps.firestore, write, also && ((transaction) => also(transaction, job)));
    return { ...outcome, job };
  });
  await perform(
    applied.effects.map((effect) => ({ jobId, job: applied.job, effect })),
    deps,
  );
  return applied;
}

/** A job's document, parsed; undefined when it isn't there. */
export async function findJob(firestore: Firestore, jobId: string): Promise<Job | undefined> {
  const snapshot = await firestore.doc(`jobs/${jobId}`).get();
  return snapshot.exists ? jobSchema.parse(snapshot.data()) : undefined;
}

/**
 * A job with the condition under which it may be written.
 * @throws `not_found`
 */
export async function readJob(jobId: string, firestore: Firestore) {
  const document = firestore.doc(`jobs/${jobId}`);
  const snapshot = await document.get();
  if (!snapshot.exists) throw errors.notFound();
  return { document, job: jobSchema.parse(snapshot.data()), precondition: asRead(snapshot) };
}

type Writer = Transaction | WriteBatch;

/**
 * Settles the space's line for a change of one of its jobs.
 * @param from the job's document and how it was read; `before` and `precondition` are absent when the job is new
 * @returns the job with its place, the line if it is touched, and both writes, to be committed together
 */
export async function prepareWrite(
  from: { document: DocumentReference; before?: Job; precondition?: Precondition },
  after: Job,
  deps: QueueDeps,
): Promise<{ job: Job; line: Line | undefined; write: (writer: Writer) => void }> {
  const { document, before, precondition } = from;
  const writeJob = (writer: Writer, job: Job) => {
    if (precondition) update(writer, document, job, precondition);
    else create(writer, document, job);
  };
  if (!touchesLine(before, after)) {
    return { job: after, line: undefined, write: (writer) => writeJob(writer, after) };
  }
  const entersLine = after.waiting && after.place === null;
  const now = entersLine ? await virtualTime(after.kind, deps.firestore) : 0;
  // The last thing to be read: the shorter the time until the commit, the fewer meet here.
  const lineDocument = deps.firestore.doc(`lines/${after.spaceId}`);
  const snapshot = await lineDocument.get();
  const read = snapshot.exists ? lineSchema.parse(snapshot.data()) : EMPTY_LINE;
  const { job, line } = settleLine(read, before, after, kindOf(after.kind, deps), now);
  return {
    job,
    line,
    write: (writer) => {
      writeJob(writer, job);
      if (snapshot.exists) update(writer, lineDocument, line, asRead(snapshot));
      else create(writer, lineDocument, line);
    },
  };
}

/**
 * Commits conditional writes at once, or in a transaction when something else has to be read with them.
 * @throws a conflict when a document is not as it was read; `optimistically` has it done again
 */
export async function commit(
  firestore: Firestore,
  write: (writer: Writer) => void,
  also?: (transaction: Transaction) => Promise<void>,
): Promise<void> {
  if (!also) {
    const batch = firestore.batch();
    write(batch);
    await batch.commit();
    return;
  }
  await firestore.runTransaction(
    async (transaction) => {
      await also(transaction);
      write(transaction);
    },
    { maxAttempts: 1 },
  );
}

/** The condition that a document is as it was read. */
function asRead(snapshot: DocumentSnapshot): Precondition {
  return snapshot.updateTime ? { lastUpdateTime: snapshot.updateTime } : { exists: true };
}

/** All of a document's fields are replaced, one by one: `update` is the write that takes a precondition. */
function update(
  writer: Writer,
  document: DocumentReference,
  content: Job | Line,
  precondition: Precondition,
): void {
  // Transaction and WriteBatch both have this method; their union has no call signature in common.
  (writer as WriteBatch).update(document, { ...content }, precondition);
}

function create(writer: Writer, document: DocumentReference, content: Job | Line): void {
  (writer as WriteBatch).create(document, { ...content }); // as above
}

/** The rules of a job's kind, with the deployment's bound on back-off. */
export function rulesFor(kind: string, deps: Pick<QueueDeps, "kinds" | "backoffMaxSeconds">): Rules {
  return rulesOf(kindOf(kind, deps), deps.backoffMaxSeconds);
}

/** @throws Error for a kind that was taken out of the deployment while it had jobs */
export function kindOf(name: string, deps: Pick<QueueDeps, "kinds">) {
  const kind = deps.kinds.get(name);
  if (!kind) throw new Error(`a job is of the kind ${name}, which this deployment doesn't know`);
  return kind;
}

/** A refusal as the error a caller is told. */
export function refusal(why: Refusal): ReverieError {
  switch (why) {
    case "lease_lost":
      return errors.leaseLost("the lease has ended; another may have begun");
    case "job_finished":
      return errors.jobFinished("the job has ended");
    case "job_not_finished":
      return errors.jobNotFinished("the job has not ended");
    case "upload_rejected":
      return errors.inputsRejected("one of the job's files was rejected; submit a new job with another");
    case "not_waiting":
      return errors.leaseLost("the job is not waiting");
  }
}
