/**
 * A small world in which `commitJob` changes jobs, for random histories: requests that come twice or late, machines whose clocks differ,
 * commits that meet, crashes before and after a commit, commits whose answer is lost. A number is a step; a list of them is a history. What must always be true of
 * the documents is checked at every write (`worldChecks.ts`).
 */
import assert from "node:assert/strict";
import { plusSeconds } from "../../platform/clock.ts";
import { isConflict } from "../../platform/firestore/retryConflicts.ts";
import type { IdempotencyRecord } from "../../platform/idempotency/record.ts";
import { type Committed, commitJob, type JobRequest } from "../commitJob.ts";
import { isOpen, type Job } from "../jobDocument.ts";
import type { ConditionalWrite, Version } from "../jobStore.ts";
import { NOW, RECEIVED, TRACE } from "./jobFixture.ts";
import { CONFLICTS, MemoryDocuments, memoryJobStore } from "./memoryJobStore.ts";
import { checkChange, checkDocuments, type Memory } from "./worldChecks.ts";
import { fittingRequest, honestRequests, strayRequest, THING } from "./worldRequests.ts";

const SKEW_SECONDS = [0, 300, -300, 40] as const;
const SPACES = ["a", "b"] as const;
const MOST_JOBS = 3;
const MOST_IN_FLIGHT = 4;
const MOST_REPEATABLE = 50;

/** What an actor wants, kept so that it can be asked again later. */
interface Asked {
  readonly jobId: string;
  readonly request: JobRequest;
  /** Of a submission: its Idempotency-Key. */
  readonly key?: string;
  /** How far the clock is off on the machine that serves it. */
  readonly skewSeconds: number;
}

type Fate = "commit" | "crash_before" | "crash_after" | "answer_lost";

/** What befalls some of the commits that are made. */
const AFTER_COMMIT: Readonly<Record<number, Fate>> = { 5: "answer_lost", 6: "crash_after" };

/** A commit that has read and decided, and has yet to write. */
interface InFlight {
  readonly asked: Asked;
  readonly meetsItsFate: (fate: Fate) => void;
  /** Whether it has written. */
  readonly made: () => boolean;
  readonly done: Promise<Committed | "crashed" | "conflict">;
}

/** Made once: an error's stack costs more than a whole commit here. */
const CRASH = new Error("the machine died");

export class QueueWorld {
  readonly documents = new MemoryDocuments();
  readonly #memory: Memory = { tokens: [], published: new Set(), keyOfJob: new Map() };
  readonly #kinds: ReadonlyMap<string, typeof THING>;
  readonly #repeatable: Asked[] = [];
  readonly #inFlight: InFlight[] = [];
  #seconds = 0;
  #names = 0;

  /** @param backoffSeconds before a second attempt */
  constructor(backoffSeconds: number) {
    const kind = { ...THING, backoff: { baseSeconds: backoffSeconds, maxSeconds: 60 } };
    this.#kinds = new Map([[kind.name, kind]]);
  }

  /** One step of a history, chosen by a number. */
  async step(choice: number): Promise<void> {
    const [what, rest] = [choice % 16, Math.floor(choice / 16)];
    if (what === 0) await this.#begin(this.#submission(rest));
    else if (what <= 5) await this.#begin(this.#anything(rest));
    else if (what === 6) await this.#begin(this.#repeatable[rest % Math.max(1, this.#repeatable.length)]);
    else if (what <= 12) await this.#finish(rest, AFTER_COMMIT[rest % 7] ?? "commit");
    else if (what === 13) await this.#finish(rest, "crash_before");
    else if (what === 14 && rest % 64 === 0) this.documents.tombstones.add("b");
    else this.#seconds += [1, 20, 61, 700][rest % 4] ?? 1;
  }

  /** Lets everything come to its end: what erasure, sweep and one honest engine do in the end. */
  async drain(): Promise<void> {
    while (this.#inFlight.length > 0) await this.#finish(0, "commit");
    this.#removeErased();
    for (let turn = 0; turn < 40; turn++) {
      this.#seconds += 1_000;
      for (const [jobId, { content: job }] of this.documents.jobs) {
        for (const request of honestRequests(job, `honest-${this.#names++}`)) {
          await this.#run({ jobId, request: this.#prepared(jobId, request), skewSeconds: 0 });
        }
      }
      if ([...this.documents.jobs.values()].every(({ content: job }) => isDone(job))) break;
    }
    for (const [jobId, { content: job }] of this.documents.jobs) {
      assert.ok(isDone(job), `${jobId} never came to an end: ${job.state}`);
    }
    for (const { content: line } of this.documents.lines.values()) assert.equal(line.open, 0);
  }

  #removeErased(): void {
    const { jobs, lines, results, tombstones } = this.documents;
    for (const [jobId, { content: job }] of jobs) {
      if (!tombstones.has(job.spaceId)) continue;
      jobs.delete(jobId);
      results.delete(jobId);
    }
    for (const spaceId of tombstones) lines.delete(spaceId);
  }

  /** A new job, sometimes with a key that was used before. */
  #submission(choice: number): Asked | undefined {
    if (this.documents.jobs.size >= MOST_JOBS) return undefined;
    const jobId = `job${this.#names++}`;
    const spaceId = SPACES[choice % SPACES.length] ?? "a";
    const uploadId = `upload-of-${jobId}`;
    this.documents.uploads.set(uploadId, {
      ...{
        spaceId,
        createdBy: "u",
        trace: TRACE,
        object: "o",
        contentType: "x/y",
        size: 1,
        crc32c: null,
        name: null,
      },
      ...{ state: "pending", reason: null, received: null, createdAt: NOW },
      expiresAt: plusSeconds(NOW, 1e8),
    });
    const submission = {
      kind: THING.name,
      spaceId,
      createdBy: "u",
      trace: TRACE,
      title: "t",
      params: {},
      inputs: { one: uploadId },
    };
    return {
      jobId,
      request: { type: "submit", submission, openJobsPerSpace: MOST_JOBS },
      key: `key${Math.floor(choice / 2) % 4}`,
      skewSeconds: 0,
    };
  }

  /** What a machine is asked: mostly what fits the job as it is, and as often as not enough what is long out of date. */
  #anything(choice: number): Asked | undefined {
    const [jobId, stored] = [...this.documents.jobs][choice % Math.max(1, this.documents.jobs.size)] ?? [];
    if (jobId === undefined || stored === undefined) return undefined;
    const skewSeconds = SKEW_SECONDS[Math.floor(choice / 4) % SKEW_SECONDS.length] ?? 0;
    const what = Math.floor(choice / 16) % 16;
    const detail = Math.floor(choice / 256);
    const tokens = this.#memory.tokens.filter((token) => token.jobId === jobId);
    // The latest lease or, now and then, one from before.
    const token =
      detail % 4 > 0 ? tokens.at(-1) : tokens[Math.floor(detail / 4) % Math.max(1, tokens.length)];
    const make = what < 10 ? fittingRequest : strayRequest;
    const request = make(stored.content, {
      token: token?.hash,
      what,
      detail,
      name: `lease-${this.#names++}`,
    });
    return request && { jobId, request: this.#prepared(jobId, request), skewSeconds };
  }

  /** What is true before such a request is made: an upload has arrived, a failure was published. */
  #prepared(jobId: string, request: JobRequest): JobRequest {
    if (request.type === "notification_sent") {
      this.#memory.published.add(`${jobId} ${request.finishedAt.getTime()}`);
    }
    if (request.type === "input_received") {
      const upload = this.documents.uploads.get(request.uploadId);
      const received = { generation: "1", size: 1, crc32c: RECEIVED.crc32c, contentType: "x/y" };
      if (upload?.state === "pending")
        this.documents.uploads.set(request.uploadId, { ...upload, state: "received", received });
    }
    return request;
  }

  /** A machine reads and decides, and has not written yet. */
  async #begin(asked: Asked | undefined): Promise<void> {
    if (!asked || this.#inFlight.length >= MOST_IN_FLIGHT) return;
    if (this.#repeatable.length < MOST_REPEATABLE) this.#repeatable.push(asked);
    const call = await this.#start(asked);
    if (call) this.#inFlight.push(call);
  }

  /** Writes, or dies before or after that. A change that met another is decided again; a claim of that kind goes elsewhere instead. */
  async #finish(choice: number, fate: Fate): Promise<void> {
    const [call] = this.#inFlight.splice(choice % Math.max(1, this.#inFlight.length), 1);
    if (!call) return;
    call.meetsItsFate(fate);
    const done = await call.done;
    const made = fate === "answer_lost" && call.made();
    assert.ok(
      !made || (done !== "conflict" && done !== "crashed"),
      "a commit that was made was taken for lost",
    );
    if (done === "conflict" && call.asked.request.type !== "lease") await this.#run(call.asked);
  }

  async #run(asked: Asked): Promise<void> {
    const call = await this.#start(asked);
    call?.meetsItsFate("commit");
    assert.notEqual(await call?.done, "conflict", "a commit that met no other was refused");
  }

  /** Starts a commit and lets it run until it wants to write. @returns undefined when it doesn't want to */
  #start(asked: Asked): Promise<InFlight | undefined> {
    const { key } = asked;
    if (key !== undefined && this.documents.records.has(key)) return NOTHING; // answered already
    return new Promise((resolve, reject) => {
      let wrote = false;
      const made = () => wrote;
      const store = memoryJobStore(this.documents, async (write) => {
        const fate = await new Promise<Fate>((meetsItsFate) => resolve({ asked, meetsItsFate, made, done }));
        if (fate === "crash_before") throw CRASH;
        const version = this.#write(asked, write);
        wrote = true;
        if (fate === "crash_after") throw CRASH;
        if (fate === "answer_lost") throw CONFLICTS.failedPrecondition; // the client's own repetition was refused
        return version;
      });
      const clock = () => plusSeconds(NOW, this.#seconds + asked.skewSeconds);
      const deps = { store, kinds: this.#kinds, clock, backoffMaxSeconds: undefined, jobRetentionDays: 90 };
      const options = key === undefined ? {} : { record: async () => recordOf(key) };
      const done = commitJob(asked.jobId, this.#named(asked), deps, options).catch(fateOf);
      // Does nothing when it was resolved already: by wanting to write.
      done.then(() => resolve(undefined), reject);
    });
  }

  /** As a lease's id is made: of who asks, the job and the lease's number. */
  #named({ jobId, request }: Asked): JobRequest {
    if (request.type !== "lease") return request;
    const leaseNumber = (this.documents.jobs.get(jobId)?.content.leaseNumber ?? 0) + 1;
    return { ...request, hash: `${request.hash}.${leaseNumber}` };
  }

  #write({ jobId, request, key }: Asked, write: () => Version): Version {
    const before = this.documents.jobs.get(jobId)?.content;
    const version = write();
    const after = this.documents.jobs.get(jobId)?.content;
    assert.ok(after, "the job was written");
    if (key !== undefined) this.#memory.keyOfJob.set(jobId, key);
    if (request.type === "lease" && after.lease) {
      this.#memory.tokens.push({ jobId, hash: after.lease.hash });
    }
    checkChange(jobId, request, before, after, this.documents);
    checkDocuments(this.documents, this.#memory);
    return version;
  }
}

const NOTHING = Promise.resolve(undefined);

function fateOf(error: unknown): "crashed" | "conflict" {
  if (error === CRASH) return "crashed";
  if (isConflict(error)) return "conflict";
  throw error;
}

/** Whether nothing is left to do for a job. */
function isDone(job: Job): boolean {
  return !isOpen(job) && !job.notificationPending;
}

function recordOf(key: string): ConditionalWrite<IdempotencyRecord> {
  const content = {
    type: "answer",
    caller: "u",
    bodyHash: "h",
    status: 202,
    headers: {},
    body: "{}",
  } as const;
  return { id: key, version: undefined, content: { ...content, expiresAt: plusSeconds(NOW, 1e8) } };
}
