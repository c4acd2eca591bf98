/** The words of the table in `shared/queue/transition.test.ts`: jobs, what happens to them at the time T, and what becomes of them. */
import { plusSeconds } from "../../platform/clock.ts";
import type { Result } from "../../results/resultDocument.ts";
import type { Job } from "../jobDocument.ts";
import type { Changed, Effect, JobEvent, Outcome, Refusal, Rules, UploadState } from "../jobEvent.ts";
import { jobWith, NOW, RECEIVED, TRACE } from "./jobFixture.ts";

/** Ten seconds after the jobs were made. */
export const T = plusSeconds(NOW, 10);
/** This many seconds after T. */
export const at = (seconds: number) => plusSeconds(T, seconds);

const VIDEO = { contentTypes: ["video/mp4"], maxBytes: 1_000 };
export const RULES: Rules = {
  retentionDays: 45,
  inputs: { video: VIDEO, face: VIDEO, body: VIDEO, cover: { ...VIDEO, contentTypes: ["image/png"] } },
  maxAttempts: 3,
  backoff: { baseSeconds: 30, maxSeconds: 100 },
  leaseCeilingSeconds: 400,
};

// Jobs. They have one upload, "upload"; the hash of their lease is "mine", it began 10 s before T and ends 50 s after it.

export const waiting = (uploadId: string) => ({ uploadId, state: "waiting" as const, received: null });
export const arrived = (uploadId: string) => ({ uploadId, state: "received" as const, received: RECEIVED });
export const unusable = (uploadId: string) => ({ uploadId, state: "rejected" as const, received: null });

type LastLease = NonNullable<Job["lastLease"]>;
/** The lease "mine" is over. */
export const over = (how: LastLease["how"], until = at(50)): Pick<Job, "lease" | "lastLease"> => ({
  lease: null,
  lastLease: { hash: "mine", accountId: "a", engineId: "e", how, until },
});
/** The lease "mine". */
export const lent = (overrides: Partial<NonNullable<Job["lease"]>> = {}) => ({
  hash: "mine",
  accountId: "a",
  engineId: "e",
  startedAt: NOW,
  until: at(50),
  outputs: {},
  ...overrides,
});

export const AWAITING = jobWith({ state: "awaiting_upload" });
/** Waits for "f" and "b". */
export const AWAITING_TWO = jobWith({
  state: "awaiting_upload",
  inputs: { face: waiting("f"), body: waiting("b") },
  waitingFor: ["f", "b"],
});
/** Waits for "f", for two roles. */
export const AWAITING_ONE_TWICE = jobWith({
  state: "awaiting_upload",
  inputs: { face: waiting("f"), body: waiting("f") },
  waitingFor: ["f"],
});
/** Waits for "f" as a video and as a picture. */
export const AWAITING_MISFITS = jobWith({
  state: "awaiting_upload",
  inputs: { face: waiting("f"), cover: waiting("f") },
  waitingFor: ["f"],
});
export const QUEUED = jobWith();
export const REFUNDED = jobWith({ attempt: 1, attemptRefunded: true, leaseNumber: 1, ...over("released") });
export const BACKING_OFF = jobWith({ attempt: 1, availableAt: T, leaseNumber: 1, ...over("failed") });
export const RUNNING = jobWith({ state: "running", progress: { fraction: 0.5, stage: "training" } });
export const SUCCEEDED = jobWith({ state: "succeeded" });
export const FAILED = jobWith({ state: "failed", attempt: 3, notificationPending: true, ...over("failed") });
export const CANCELLED = jobWith({
  state: "cancelled",
  attempt: 1,
  notificationPending: true,
  ...over("cancelled"),
});
/** Cancelled before it ran. */
export const cancelledWith = (input: Job["inputs"][string]) =>
  jobWith({ state: "cancelled", notificationPending: true, inputs: { video: input } });
export const running = (overrides: Partial<NonNullable<Job["lease"]>>, attempt = 1): Job => ({
  ...RUNNING,
  attempt,
  lease: lent(overrides),
});

// What happens to them.

export const PENDING: UploadState = { state: "pending" };
export const HERE: UploadState = { state: "received", received: RECEIVED };
const CUT_OFF = { code: "cut_off", message: "It was cut off." };
export const REJECTED: UploadState = { state: "rejected", reason: CUT_OFF };
/** An upload is there, with other content. */
export const here = (content: Partial<typeof RECEIVED>): UploadState => ({
  state: "received",
  received: { ...RECEIVED, ...content },
});
const surroundings = (uploads: Record<string, UploadState>, spaceErased = false) => ({
  uploads: new Map(Object.entries(uploads)),
  spaceErased,
});
const ABOUT = { kind: "scene", spaceId: "s", createdBy: "u", trace: TRACE, title: "The sea", params: {} };

/** @param inputs upload ids by role */
export const submit = (
  inputs: Record<string, string>,
  uploads: Record<string, UploadState>,
  spaceErased = false,
): JobEvent => ({
  type: "submit",
  submission: { ...ABOUT, inputs },
  ...surroundings(uploads, spaceErased),
});
export const arrives = (uploadId: string, content: Partial<typeof RECEIVED> = {}): JobEvent => ({
  type: "input_received",
  uploadId,
  received: { ...RECEIVED, ...content },
});
export const isRejected = (uploadId: string): JobEvent => ({
  type: "input_rejected",
  uploadId,
  reason: CUT_OFF,
});
export const willNotCome: JobEvent = { type: "inputs_missing" };
export const lease = (seconds = 60): JobEvent => ({
  type: "lease",
  hash: "mine",
  accountId: "a",
  engineId: "e",
  seconds,
});
export const renew = (
  seconds: number,
  progress: { progress?: number; stage?: string | null } = {},
  hash = "mine",
): JobEvent => ({ type: "renew", hash, seconds, ...progress });
export const FILE = { contentType: "model/gltf-binary", size: 4 };
export const announce = (files: Record<string, typeof FILE>, hash = "mine"): JobEvent => ({
  type: "announce",
  hash,
  files,
});
const FILES: Result["files"] = [
  { name: "scene.glb", role: "model", object: "o", crc32c: "AAAAAA==", generation: "1", ...FILE },
];
export const complete = (hash = "mine", spaceErased = false): JobEvent => ({
  type: "complete",
  hash,
  files: FILES,
  data: { n: 1 },
  spaceErased,
});
export const fail = (retryable: boolean, hash = "mine"): JobEvent => ({
  type: "fail",
  hash,
  code: "gpu",
  message: "It failed.",
  retryable,
});
export const release = (hash = "mine"): JobEvent => ({ type: "release", hash });
export const attemptRefunded = (leaseNumber = 1): JobEvent => ({ type: "attempt_refunded", leaseNumber });
export const leaseEnded = (leaseNumber = 1): JobEvent => ({ type: "lease_ended", leaseNumber });
export const backOffEnded = (enqueueCount = 1): JobEvent => ({ type: "back_off_ended", enqueueCount });
export const cancel: JobEvent = { type: "cancel" };
export const retry = (
  uploads: Record<string, UploadState> = { upload: HERE },
  spaceErased = false,
): JobEvent => ({
  type: "retry",
  onlyFailed: false,
  ...surroundings(uploads, spaceErased),
});
export const retryFailed: JobEvent = { type: "retry", onlyFailed: true, ...surroundings({ upload: HERE }) };
export const sent = (finishedAt: Date): JobEvent => ({ type: "notification_sent", finishedAt });
export const erase = (creator: string): JobEvent => ({
  type: "creator_erased",
  creator,
  replacement: "erased",
});

// What becomes of them: outcomes, given the job as it was.

/** Makes the whole outcome from the job as it was; from NEW if there was none. */
export type Becomes = (before: Job) => Outcome;

/** A job that `submit` has just made. */
export const NEW: Job = { ...AWAITING, createdAt: T, updatedAt: T };

const changed = (changes: Partial<Job>, effects: readonly Effect[], result?: Changed["result"]): Becomes => {
  return (before) => ({
    verdict: "changed",
    job: { ...before, updatedAt: T, ...changes },
    result,
    effects,
  });
};

export const becomes = (changes: Partial<Job>, ...effects: Effect[]): Becomes => changed(changes, effects);
/** Something that people don't see: `updatedAt` stays. */
export const noted = (changes: Partial<Job>): Becomes => {
  return (job) => ({ verdict: "changed", job: { ...job, ...changes }, result: undefined, effects: [] });
};
export const stays = (...effects: Effect[]): Becomes => {
  return (job) => ({ verdict: "unchanged", job, effects });
};
/** @param role of the input that it is about */
export const refused = (why: Refusal, role?: string, message?: string): Becomes => {
  const about = { ...(role === undefined ? {} : { role }), ...(message === undefined ? {} : { message }) };
  return () => ({ verdict: "refused", why, ...about });
};
export const LOST = refused("lease_lost");

export const leaseTimer = (until: Date, leaseNumber = 1): Effect => ({
  type: "lease_timer",
  leaseNumber,
  at: until,
});
export const entryTimer = (time: Date): Effect => ({ type: "entry_timer", enqueueCount: 1, at: time });

/** In line; `enqueueCount` is 2 unless it is said, since the jobs above entered once. */
export const entersLine = (changes: Partial<Job> = {}): Becomes => {
  const inLine = { state: "queued", waiting: true, availableAt: null, enqueueCount: 2 } as const;
  return changed({ ...inLine, ...changes }, [{ type: "ring" }]);
};
/** Leased until then. */
export const runs = (until: Date, changes: Partial<Job>): Becomes => {
  const leaseNumber = changes.leaseNumber ?? 1;
  const begun = { state: "running", waiting: false, attempt: 1, leaseNumber } as const;
  const held = { lease: lent({ startedAt: T, until }), progress: { fraction: 0, stage: null } };
  return changed({ ...begun, ...held, ...changes }, [leaseTimer(until, leaseNumber)]);
};
/** The attempt has failed, and the next one has to wait until then. */
export const backsOff = (until: Date): Becomes => {
  const outOfLine = { state: "queued", waiting: false, progress: null, availableAt: until } as const;
  return changed({ ...outOfLine, ...over("failed") }, [entryTimer(until)]);
};
const END = {
  progress: null,
  waiting: false,
  waitingFor: [],
  availableAt: null,
  finishedAt: T,
  expiresAt: at(RULES.retentionDays * 86_400),
};
/** Was cancelled, and that is to be published. */
export const isCancelled = (changes: Partial<Job> = {}): Becomes =>
  changed({ ...END, state: "cancelled", notificationPending: true, ...changes }, [{ type: "notification" }]);
/** Has failed for good, and that is to be published. */
export const fails = (code: string, message: string, changes: Partial<Job> = {}): Becomes => {
  const failure = { state: "failed", error: { code, message }, notificationPending: true } as const;
  return changed({ ...END, ...failure, ...changes }, [{ type: "notification" }]);
};
/** Has succeeded, and its result is written. */
export const succeeds = (tookSeconds: number, changes: Partial<Job> = {}): Becomes => {
  const success = { state: "succeeded", progress: { fraction: 1, stage: null }, tookSeconds } as const;
  const result = { ...ABOUT, files: FILES, data: { n: 1 }, leaseNumber: 1, completedAt: T };
  return changed({ ...END, ...success, ...over("completed"), ...changes }, [], result);
};
/** What a retry sets back. */
export const CLEAN = {
  error: null,
  finishedAt: null,
  expiresAt: null,
  notificationPending: false,
};
