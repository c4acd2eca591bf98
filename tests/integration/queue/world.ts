/**
 * The queue's core in a world of its own: documents with versions, transactions that are begun and committed apart, clocks that
 * differ, requests that come twice or late, crashes between any two writes. A number is a step; a list of them is a history.
 */
import assert from "node:assert/strict";
import { compareInLine, settleLine, touchesLine } from "#shared/queue/fairLine.ts";
import { isOpen, type Job } from "#shared/queue/jobDocument.ts";
import { EMPTY_LINE, type Line } from "#shared/queue/lineDocument.ts";
import { holds, type JobEvent, newJob, type Rules, transition } from "#shared/queue/transition.ts";

const START = Date.parse("2026-03-01T10:00:00Z");
const SKEW_SECONDS = [0, 300, -300, 40] as const;
const SPACES = ["a", "b"] as const;
const KIND = { name: "thing", weight: 1 };
export const RULES: Rules = {
  inputs: { one: { contentTypes: ["x/y"], maxBytes: 10 } },
  maxAttempts: 2,
  backoff: { baseSeconds: 0, maxSeconds: 60 },
  leaseCeilingSeconds: 400,
};
const SLOW_RULES: Rules = { ...RULES, backoff: { baseSeconds: 30, maxSeconds: 60 } };

interface Versioned<T> {
  readonly value: T;
  readonly version: number;
}

/** What an actor wants, kept so that it can be asked again later. */
interface Request {
  readonly jobId: string;
  readonly event: JobEvent;
  /** Of the machine that serves it. */
  readonly skewSeconds: number;
}

/** A transaction that has read and computed, and has yet to commit. */
interface Begun {
  readonly request: Request;
  readonly jobVersion: number;
  readonly lineVersion: number | undefined;
  readonly before: Job;
  readonly after: Job;
  readonly line: Line | undefined;
  readonly result: boolean;
}

interface Token {
  readonly jobId: string;
  readonly hash: string;
}

export class QueueWorld {
  readonly rules: Rules;
  readonly jobs = new Map<string, Versioned<Job>>();
  readonly lines = new Map<string, Versioned<Line>>();
  readonly results = new Map<string, number>();
  readonly #tokens: Token[] = [];
  readonly #requests: Request[] = [];
  #begun: Begun[] = [];
  #seconds = 0;
  #names = 0;

  constructor(slow: boolean) {
    this.rules = slow ? SLOW_RULES : RULES;
  }

  /** One step of a history, chosen by a number. */
  step(choice: number): void {
    const [what, rest] = [choice % 16, Math.floor(choice / 16)];
    if (what === 0) this.#submit(rest);
    else if (what <= 5) this.#begin(this.#request(rest));
    else if (what === 6) this.#begin(this.#requests[rest % Math.max(1, this.#requests.length)]);
    else if (what <= 12) this.#commit(rest);
    else if (what === 13)
      this.#begun.splice(rest % Math.max(1, this.#begun.length), 1); // a crash before the commit
    else this.#seconds += [1, 20, 61, 700][rest % 4] ?? 1;
  }

  /** Lets everything come to its end: what sweep and one honest engine do in the end. */
  drain(): void {
    while (this.#begun.length > 0) this.#commit(0);
    for (let turn = 0; turn < 40; turn++) {
      this.#seconds += 1_000;
      for (const [jobId, { value: job }] of this.jobs) {
        for (const event of this.#honest(job)) this.#run({ jobId, event, skewSeconds: 0 });
      }
      if ([...this.jobs.values()].every(({ value }) => !isOpen(value))) break;
    }
    for (const [jobId, { value: job }] of this.jobs) {
      assert.ok(!isOpen(job), `${jobId} never came to an end: ${job.state}`);
      assert.equal(this.results.get(jobId) ?? 0, job.state === "succeeded" ? 1 : 0, `results of ${jobId}`);
    }
    for (const { value: line } of this.lines.values()) assert.equal(line.open, 0);
  }

  #honest(job: Job): JobEvent[] {
    if (job.state === "awaiting_upload") return job.waitingFor.map((uploadId) => received(uploadId));
    if (job.state === "running") return [{ type: "lease_ended", leaseNumber: job.leaseNumber }];
    if (job.state === "queued" && !job.waiting) return [{ type: "back_off_ended", entries: job.entries }];
    const hash = `honest-${this.#names++}`;
    if (job.state !== "queued") return [];
    return [
      { type: "lease", hash, engineId: "honest", seconds: 60 },
      { type: "complete", hash: `${hash}.${job.leaseNumber + 1}` },
    ];
  }

  #submit(choice: number): void {
    if (this.jobs.size >= 3) return;
    const jobId = `job${this.jobs.size}`;
    const spaceId = SPACES[choice % SPACES.length] ?? "a";
    const submission = { kind: KIND.name, spaceId, createdBy: "u", title: "t", params: {} };
    const job = newJob({ ...submission, inputs: { one: `upload-of-${jobId}` } }, this.rules, this.#now(0));
    const settled = settleLine(this.#line(spaceId).value, undefined, job, KIND, this.#virtualTime());
    this.jobs.set(jobId, { value: settled.job, version: 1 });
    this.#writeLine(spaceId, settled.line);
  }

  /** What a machine is asked: mostly what fits the job as it is, and as often as not enough what is long out of date. */
  #request(choice: number): Request | undefined {
    const [jobId, versioned] = [...this.jobs][choice % Math.max(1, this.jobs.size)] ?? [];
    if (jobId === undefined || versioned === undefined) return undefined;
    const skewSeconds = SKEW_SECONDS[Math.floor(choice / 4) % SKEW_SECONDS.length] ?? 0;
    const what = Math.floor(choice / 16) % 16;
    const detail = Math.floor(choice / 256);
    const job = versioned.value;
    const tokens = this.#tokens.filter((token) => token.jobId === jobId);
    // The latest lease or, now and then, one from before.
    const token =
      detail % 4 > 0 ? tokens.at(-1) : tokens[Math.floor(detail / 4) % Math.max(1, tokens.length)];
    const event = what < 10 ? fitting(job, token, what, detail) : stray(job, token, what, detail);
    if (event?.type === "lease")
      return { jobId, event: { ...event, hash: `lease-${this.#names++}` }, skewSeconds };
    return event && { jobId, event, skewSeconds };
  }

  /** A machine reads, computes, and has not committed yet. */
  #begin(request: Request | undefined): void {
    if (!request) return;
    if (this.#requests.length < 50) this.#requests.push(request);
    const begun = this.#compute(request);
    if (begun && this.#begun.length < 4) this.#begun.push(begun);
  }

  #compute(request: Request): Begun | undefined {
    const versioned = this.jobs.get(request.jobId);
    if (!versioned) return undefined;
    const before = versioned.value;
    const { event } = request;
    // As a lease's id is made: of who asks, the job and the lease's number.
    const named =
      event.type === "lease" ? { ...event, hash: `${event.hash}.${before.leaseNumber + 1}` } : event;
    const outcome = transition(before, named, this.#now(request.skewSeconds), this.rules);
    this.#checkToken(before, request.event, outcome.verdict);
    if (outcome.verdict === "refused") return undefined;
    if (outcome.verdict === "unchanged") {
      assert.equal(outcome.job, before, "what is called unchanged is the same");
      return undefined;
    }
    const touches = touchesLine(before, outcome.job);
    const line = touches ? this.#line(before.spaceId) : undefined;
    const settled = line && settleLine(line.value, before, outcome.job, KIND, this.#virtualTime());
    return {
      request,
      jobVersion: versioned.version,
      lineVersion: line?.version,
      before,
      after: settled?.job ?? outcome.job,
      line: settled?.line,
      result: outcome.effects.some((effect) => effect.type === "result"),
    };
  }

  /** Commits if nothing was written meanwhile; otherwise the transaction is run again, as Firestore does. */
  #commit(choice: number): void {
    const [begun] = this.#begun.splice(choice % Math.max(1, this.#begun.length), 1);
    if (!begun) return;
    const { request, before } = begun;
    const unchanged =
      this.jobs.get(request.jobId)?.version === begun.jobVersion &&
      (begun.lineVersion === undefined || this.#line(before.spaceId).version === begun.lineVersion);
    if (unchanged) this.#write(begun);
    else if (request.event.type !== "lease") this.#run(request); // a claim that lost goes elsewhere instead
  }

  #run(request: Request): void {
    const begun = this.#compute(request);
    if (begun) this.#write(begun);
  }

  #write({ request, jobVersion, before, after, line, result }: Begun): void {
    this.#checkChange(request, before, after);
    this.#checkTime(request, before, after);
    this.jobs.set(request.jobId, { value: after, version: jobVersion + 1 });
    if (line) this.#writeLine(after.spaceId, line);
    if (result) this.results.set(request.jobId, (this.results.get(request.jobId) ?? 0) + 1);
    if (request.event.type === "lease" && after.lease) {
      this.#tokens.push({ jobId: request.jobId, hash: after.lease.hash });
    }
    this.#checkWorld();
  }

  /** A token that isn't the valid one changes nothing. */
  #checkToken(before: Job, event: JobEvent, verdict: string): void {
    if (!("hash" in event) || event.type === "lease" || holds(before, event.hash)) return;
    assert.notEqual(verdict, "changed", `${event.type} with a lease that is over changed the job`);
  }

  #checkChange({ event }: Request, before: Job, after: Job): void {
    assert.ok(isOpen(before) || event.type === "retry", `${before.state} was left by ${event.type}`);
    assert.ok(after.attempt >= before.attempt && after.attempt <= after.maxAttempts, "attempts");
    assert.ok(after.maxAttempts >= before.maxAttempts, "maxAttempts fell");
    assert.ok(after.leaseNumber >= before.leaseNumber, "leaseNumber fell");
    assert.ok(after.entries >= before.entries, "entries fell");
    assert.equal(
      after.leaseNumber > before.leaseNumber,
      event.type === "lease",
      "a lease is given exactly by leasing",
    );
    assert.equal(
      after.attempt - before.attempt,
      event.type === "lease" && !before.spared ? 1 : 0,
      "an attempt begins with a lease, unless the one before was given back",
    );
    assert.equal(
      after.spared,
      event.type === "release" || (before.spared && event.type !== "lease" && event.type !== "retry"),
    );
    if (event.type === "lease_ended") {
      assert.equal(event.leaseNumber, before.leaseNumber, "a timer of an earlier lease ended this one");
    }
    if (event.type === "back_off_ended") assert.equal(event.entries, before.entries);
    if (before.lease && after.lease?.hash !== before.lease.hash) {
      assert.equal(after.lastLease?.hash, before.lease.hash, "how a lease ended is known");
    }
  }

  /** By the clock of the machine that wrote it. */
  #checkTime({ event }: Request, before: Job, { updatedAt }: Job): void {
    if (event.type === "lease_ended")
      assert.ok((before.lease?.until ?? updatedAt) <= updatedAt, "ended early");
    if (event.type === "back_off_ended") assert.ok((before.availableAt ?? updatedAt) <= updatedAt, "early");
  }

  #checkWorld(): void {
    for (const [jobId, { value: job }] of this.jobs) {
      const valid = this.#tokens.filter((token) => token.jobId === jobId && holds(job, token.hash));
      assert.ok(valid.length <= 1, "more than one valid lease");
      assert.equal(job.state === "running", job.lease !== null);
      assert.ok(!job.waiting || (job.state === "queued" && job.place !== null), "waits without a place");
      assert.equal(job.state === "queued" && !job.waiting, job.availableAt !== null);
      assert.equal(isOpen(job), job.expiresAt === null);
      assert.equal(job.state === "failed", job.error !== null);
      assert.ok(isOpen(job) || (job.waitingFor.length === 0 && job.place === null));
      assert.ok((this.results.get(jobId) ?? 0) <= 1, "more than one result");
      assert.equal(this.results.has(jobId), job.state === "succeeded");
    }
    for (const spaceId of SPACES) {
      const jobs = [...this.jobs.values()].map(({ value }) => value).filter((job) => job.spaceId === spaceId);
      const { value: line } = this.#line(spaceId);
      assert.equal(line.open, jobs.filter(isOpen).length, "open jobs are counted");
      assert.equal(line.kinds[KIND.name]?.placed ?? 0, jobs.filter((job) => job.place).length);
    }
  }

  #virtualTime(): number {
    const jobs = [...this.jobs].map(([id, { value: job }]) => ({ id, job }));
    const running = jobs.filter(({ job }) => job.state === "running").map(({ job }) => job.place?.tag ?? 0);
    if (running.length > 0) return Math.max(...running);
    const waiting = jobs.filter(({ job }) => job.waiting).sort(compareInLine);
    return waiting[0]?.job.place?.tag ?? 0;
  }

  #now(skewSeconds: number): Date {
    return new Date(START + (this.#seconds + skewSeconds) * 1000);
  }

  #line(spaceId: string): Versioned<Line> {
    return this.lines.get(spaceId) ?? { value: EMPTY_LINE, version: 0 };
  }

  #writeLine(spaceId: string, value: Line): void {
    this.lines.set(spaceId, { value, version: this.#line(spaceId).version + 1 });
  }
}

/** What the job waits for. */
function fitting(job: Job, token: Token | undefined, what: number, detail: number): JobEvent | undefined {
  if (job.state === "awaiting_upload") return received(job.waitingFor[0] ?? "");
  if (job.state === "queued" && job.waiting) return lease(detail);
  if (job.state === "queued") return { type: "back_off_ended", entries: job.entries };
  if (job.state === "running" && token) return saying(token.hash, what, detail);
  return what < 5 && detail % 4 === 0 ? { type: "retry" } : undefined;
}

/** What comes late, twice, or from someone else. */
function stray(job: Job, token: Token | undefined, what: number, detail: number): JobEvent | undefined {
  switch (what) {
    case 10:
      return { type: "lease_ended", leaseNumber: Math.max(0, job.leaseNumber - (detail % 2)) };
    case 11:
      return { type: "back_off_ended", entries: Math.max(0, job.entries - (detail % 2)) };
    case 12:
      return token && saying(token.hash, detail % 10, Math.floor(detail / 16));
    case 13: {
      const reason = { code: "bad", message: "m" };
      const uploadId = Object.values(job.inputs)[0]?.uploadId ?? "";
      if (detail % 8 > 0) return received(uploadId);
      return { type: "input_settled", uploadId, upload: { state: "rejected", reason } };
    }
    case 14:
      return detail % 4 === 0 ? { type: detail % 8 === 0 ? "cancel" : "inputs_missing" } : lease(detail);
    default:
      return { type: "lease_ended", leaseNumber: job.leaseNumber };
  }
}

function lease(detail: number): JobEvent {
  return { type: "lease", hash: "", engineId: `e${detail % 3}`, seconds: 30 + (detail % 3) * 300 };
}

/** What an engine says about its lease. */
function saying(hash: string, what: number, detail: number): JobEvent {
  if (what < 3) return { type: "renew", hash, seconds: 60, progress: 0.5 };
  if (what === 3) return { type: "announce", hash, files: { f: { contentType: "x/y", size: 1 } } };
  if (what < 6) return { type: "complete", hash };
  if (what < 8) return { type: "fail", hash, code: "c", message: "m", retryable: detail % 4 > 0 };
  return { type: "release", hash };
}

export function received(uploadId: string): JobEvent {
  const content = { object: "o", generation: "1", contentType: "x/y", size: 1, crc32c: "AAAAAA==" };
  return { type: "input_settled", uploadId, upload: { state: "received", received: content } };
}
