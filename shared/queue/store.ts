/** Jobs in Firestore: each document is written under the condition that it still has the version that was read. */
import {
  type CollectionReference,
  type DocumentData,
  type DocumentSnapshot,
  type Firestore,
  Timestamp,
  type Transaction,
  type WriteBatch,
} from "@google-cloud/firestore";
import { z } from "zod";
import { readTogether } from "../platform/firestore/readTogether.ts";
import { recordsOf } from "../platform/idempotency/record.ts";
import { ID_PATTERN } from "../platform/ids.ts";
import { resultsOf } from "../results/resultDocument.ts";
import { tombstonesOf } from "../spaces/tombstoneDocument.ts";
import { uploadsOf } from "../uploads/uploadDocument.ts";
import { enginesOf } from "./engineDocument.ts";
import type { Pull } from "./engines.ts";
import { type Job, jobsOf } from "./jobDocument.ts";
import type { ConditionalWrite, JobStore, JobWrites, LockedReads, Stored } from "./jobStore.ts";
import { EMPTY_LINE, type Line, linesOf } from "./lineDocument.ts";
import { queryOf, shapes } from "./queries.ts";

/** The store of this Firestore. Cheap: it holds nothing. */
export function jobStoreOf(firestore: Firestore): JobStore {
  return {
    readJob: (jobId) => readJob(jobId, firestore),
    readLine: async (spaceId) => storedLine(await linesOf(firestore).doc(spaceId).get()),
    readVirtualTime: (kind) => readVirtualTime(kind, firestore),
    commit: async (writes) => {
      const batch = firestore.batch();
      addWrites(writes, batch, firestore);
      const written = await batch.commit();
      return writes.record && written.at(-1)?.writeTime;
    },
    commitLocked: (decide) =>
      firestore.runTransaction(
        async (transaction) => {
          const decision = await decide(lockedReads(transaction, firestore));
          if (decision.writes) addWrites(decision.writes, transaction, firestore);
          return decision;
        },
        { maxAttempts: 1 },
      ),
  };
}

/** A space's line as its document has it: an empty one where there is none. */
export function storedLine(snapshot: DocumentSnapshot<Line, Line>): Stored<Line> {
  return { content: snapshot.data() ?? EMPTY_LINE, version: snapshot.updateTime };
}

/** A job's document, parsed; undefined when it isn't there. */
export async function findJob(firestore: Firestore, jobId: string): Promise<Job | undefined> {
  return (await readJob(jobId, firestore))?.content;
}

/** The same with its version. */
export async function readJob(jobId: string, firestore: Firestore): Promise<Stored<Job> | undefined> {
  const snapshot = await jobsOf(firestore).doc(jobId).get();
  const content = snapshot.data();
  return content && { content, version: snapshot.updateTime };
}

const placedSchema = z.object({ place: z.object({ tag: z.number() }) });

/** Read outside of transactions on purpose, so that submitting locks no job: a slightly old value shifts a place by a turn, no more. */
async function readVirtualTime(kind: string, firestore: Firestore): Promise<number> {
  const tag = async (query: FirebaseFirestore.Query) => {
    const found = await query.select("place.tag").limit(1).get();
    const first = found.docs[0];
    // One that can't be read is as none: the place is a turn off, and `job_unreadable` is logged where it is leased or listed.
    return placedSchema.safeParse(first?.data()).data?.place.tag;
  };
  const [running, waiting] = await Promise.all([
    tag(queryOf(firestore, shapes.runningByTag, kind, "running").withConverter(null)),
    tag(queryOf(firestore, shapes.line, kind, true).withConverter(null)),
  ]);
  return running ?? waiting ?? 0;
}

function lockedReads(transaction: Transaction, firestore: Firestore): LockedReads {
  return {
    readSurroundings: async (spaceId, uploadIds) => {
      // What can't be an id of ours isn't there; some of it Firestore would not even be asked about.
      const ids = uploadIds.filter((id) => ID_PATTERN.test(id));
      const documents = ids.map((id) => uploadsOf(firestore).doc(id));
      const [tombstone, ...found] = await readTogether(
        transaction,
        tombstonesOf(firestore).doc(spaceId),
        ...documents,
      );
      const known = found.flatMap((snapshot) => {
        const upload = snapshot.data();
        return upload ? [[snapshot.id, upload] as const] : [];
      });
      return { spaceErased: tombstone.exists, uploads: new Map(known) };
    },
  };
}

type Writer = Transaction | WriteBatch;

/** The record comes last: its write time is the last of the batch's. */
function addWrites(
  { job, line, result, record, pull }: JobWrites,
  writer: Writer,
  firestore: Firestore,
): void {
  addWrite(job, jobsOf(firestore), writer);
  if (line) addWrite(line, linesOf(firestore), writer);
  // Not conditional: an operator may have written one by hand, and the engine's is what counts.
  if (result) asBatch(writer).set(resultsOf(firestore).doc(result.jobId), result);
  if (pull) addPull(pull, asBatch(writer), firestore);
  if (record) addWrite(record, recordsOf(firestore), writer);
}

/** All of a document's fields are replaced, one by one: `update` is the write that takes a precondition. */
export function addWrite<Content extends DocumentData>(
  { id, content, version }: ConditionalWrite<Content>,
  collection: CollectionReference<Content, Content>,
  writer: Writer,
): void {
  const document = collection.doc(id).withConverter(null);
  if (!version) asBatch(writer).create(document, { ...content });
  else {
    const lastUpdateTime = new Timestamp(version.seconds, version.nanoseconds);
    asBatch(writer).update(document, { ...content }, { lastUpdateTime });
  }
}

/** Notes that an engine asked for work, with what was noted before of its last filled request. */
export function addPull({ id, content }: Pull, writer: WriteBatch, firestore: Firestore): void {
  writer.set(enginesOf(firestore).doc(id), content, { merge: true });
}

/** Transaction and WriteBatch both have these methods; their union has no call signature in common. */
function asBatch(writer: Writer): WriteBatch {
  return writer as WriteBatch; // for the reason above
}
