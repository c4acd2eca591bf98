/**
 * A job store in memory, for tests. It keeps Firestore's promises: all writes of a commit or none, each only if its document is as it
 * was read. A test can stand between a commit's decision and its writes, to let something else happen there, or a crash.
 */
import { grpcStatus } from "../../platform/grpcStatus.ts";
import type { IdempotencyRecord } from "../../platform/idempotency/record.ts";
import type { Result } from "../../results/resultDocument.ts";
import type { Upload } from "../../uploads/uploadDocument.ts";
import { compareInLine } from "../fairLine.ts";
import type { Job } from "../jobDocument.ts";
import type { ConditionalWrite, JobStore, JobWrites, LockedReads, Stored, Version } from "../jobStore.ts";
import { EMPTY_LINE, type Line } from "../lineDocument.ts";

/** What the documents are; each map by document id. */
export class MemoryDocuments {
  readonly jobs = new Map<string, Stored<Job>>();
  readonly lines = new Map<string, Stored<Line>>();
  readonly records = new Map<string, Stored<IdempotencyRecord>>();
  /** Every result that was written, also where it replaced another. */
  readonly results = new Map<string, readonly Result[]>();
  readonly uploads = new Map<string, Upload>();
  readonly tombstones = new Set<string>();
  /** Counts up with each commit. */
  #time = 0;

  /** @throws a conflict, with nothing written, when a document is not as it was read */
  write({ job, line, result, record }: JobWrites): Version {
    check(this.jobs, job);
    if (line) check(this.lines, line);
    if (record) check(this.records, record);
    this.#time += 1;
    const version = { seconds: this.#time, nanoseconds: 0 };
    this.jobs.set(job.id, { content: job.content, version });
    if (line) this.lines.set(line.id, { content: line.content, version });
    if (record) this.records.set(record.id, { content: record.content, version });
    if (result) this.results.set(result.jobId, [...(this.results.get(result.jobId) ?? []), result]);
    return version;
  }
}

/** What happens to a commit: calls `write` (or doesn't, or throws after it). */
export type Committing = (write: () => Version) => Promise<Version>;

const atOnce: Committing = async (write) => write();

/** @param committing stands between every decision and its writes */
export function memoryJobStore(documents: MemoryDocuments, committing: Committing = atOnce): JobStore {
  return {
    readJob: async (jobId) => documents.jobs.get(jobId),
    readLine: async (spaceId) => documents.lines.get(spaceId) ?? { content: EMPTY_LINE, version: undefined },
    readVirtualTime: async (kind) => virtualTime(kind, documents),
    commit: async (writes) => {
      const version = await committing(() => documents.write(writes));
      return writes.record && version;
    },
    commitLocked: async (decide) => {
      const locks = new Locks(documents);
      const decision = await decide(locks);
      const { writes } = decision;
      if (writes) {
        await committing(() => {
          locks.check();
          return documents.write(writes);
        });
      }
      return decision;
    },
  };
}

/** What was read under a lock is compared at the commit: one that came too late is a conflict, as it is where locks are held. */
class Locks implements LockedReads {
  readonly #documents: MemoryDocuments;
  #unchanged: () => boolean = () => true;

  constructor(documents: MemoryDocuments) {
    this.#documents = documents;
  }

  async readSurroundings(spaceId: string, uploadIds: readonly string[]) {
    const { tombstones, uploads } = this.#documents;
    const spaceErased = tombstones.has(spaceId);
    const read = uploadIds.map((id) => [id, uploads.get(id)] as const);
    this.#unchanged = () =>
      tombstones.has(spaceId) === spaceErased && read.every(([id, upload]) => uploads.get(id) === upload);
    const found = read.flatMap(([id, upload]) => (upload ? [[id, upload] as const] : []));
    return { spaceErased, uploads: new Map(found) };
  }

  check(): void {
    if (!this.#unchanged()) throw CONFLICTS.aborted;
  }
}

function virtualTime(kind: string, { jobs }: MemoryDocuments): number {
  const ofKind = [...jobs].flatMap(([id, { content: job }]) => (job.kind === kind ? [{ id, job }] : []));
  const running = ofKind.filter(({ job }) => job.state === "running").map(({ job }) => job.place?.tag ?? 0);
  if (running.length > 0) return Math.max(...running);
  const [first] = ofKind.filter(({ job }) => job.waiting).sort(compareInLine);
  return first?.job.place?.tag ?? 0;
}

function check(
  documents: ReadonlyMap<string, Stored<unknown>>,
  { id, version }: ConditionalWrite<unknown>,
): void {
  const found = documents.get(id);
  if (found?.version === version) return;
  if (!version) throw CONFLICTS.alreadyExists;
  throw found ? CONFLICTS.failedPrecondition : CONFLICTS.notFound;
}

/** Made once each: an error's stack costs more than a whole commit here. */
export const CONFLICTS = {
  aborted: conflict("aborted"),
  alreadyExists: conflict("alreadyExists"),
  failedPrecondition: conflict("failedPrecondition"),
  notFound: conflict("notFound"),
};

function conflict(status: keyof typeof grpcStatus): Error {
  const code = grpcStatus[status];
  return Object.assign(new Error(`a document is not as it was read: ${status}`), { code });
}
