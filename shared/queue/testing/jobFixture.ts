/** Jobs for tests. */
import { plusSeconds } from "../../platform/clock.ts";
import { isOpen, type Job } from "../jobDocument.ts";

/** When the jobs were made, and when tests of pure functions take place. */
export const NOW = new Date("2026-03-01T10:00:00Z");

/** What arrived for every input. */
export const RECEIVED = {
  object: "spaces/s/uploads/u",
  generation: "1",
  contentType: "video/mp4",
  size: 1_000,
  crc32c: "AAAAAA==",
};

/** The trace of every job. */
export const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

/** A queued `scene` job with its place in line. What `overrides` don't say fits the state that they name. */
export function jobWith(overrides: Partial<Job> = {}): Job {
  const state = overrides.state ?? "queued";
  const open = isOpen({ state });
  const awaiting = state === "awaiting_upload";
  const running = state === "running";
  return {
    kind: "scene",
    spaceId: "s",
    createdBy: "u",
    trace: TRACE,
    title: "The sea",
    params: {},
    inputs: {
      video: awaiting
        ? { uploadId: "upload", state: "waiting", received: null }
        : { uploadId: "upload", state: "received", received: RECEIVED },
    },
    waitingFor: awaiting ? ["upload"] : [],
    state,
    attempt: running || state === "succeeded" ? 1 : 0,
    maxAttempts: 3,
    attemptRefunded: false,
    leaseNumber: running || state === "succeeded" ? 1 : 0,
    lease: running
      ? {
          hash: "mine",
          accountId: "a",
          engineId: "e",
          startedAt: NOW,
          until: plusSeconds(NOW, 60),
          outputs: {},
        }
      : null,
    lastLease:
      state === "succeeded"
        ? { hash: "mine", accountId: "a", engineId: "e", how: "completed", until: plusSeconds(NOW, 60) }
        : null,
    progress: null,
    error: state === "failed" ? { code: "bad", message: "It failed." } : null,
    place: open && !awaiting ? { tag: 0, behindOwn: false } : null,
    waiting: state === "queued" && !overrides.availableAt,
    enqueueCount: awaiting ? 0 : 1,
    availableAt: null,
    tookSeconds: state === "succeeded" ? 60 : null,
    notificationPending: false,
    createdAt: NOW,
    updatedAt: NOW,
    finishedAt: open ? null : NOW,
    expiresAt: open ? null : plusSeconds(NOW, 90 * 86_400),
    ...overrides,
  };
}
