/** What administrators get in the tests beside the routes of `admin`. */
import type { DeadLetter } from "../deadLetter.ts";
import type { PausedEngine } from "../pausedEngines.ts";
import type { QuarantinedView } from "../quarantined.ts";

export const ID = "0123456789abcdefghjkmnpqrs";
/** The bearer token of the one service account. */
export const token = "service";

export const QUARANTINED: QuarantinedView = {
  id: "job",
  code: "schema",
  detail: "title: expected text",
  version: "2026-03-01T10:00:00.000001Z",
  spaceId: null,
  quarantinedAt: "2026-03-01T10:00:01.000Z",
};

export const DEAD_LETTER: DeadLetter = {
  id: ID,
  kind: "scene",
  spaceId: "space",
  state: "failed",
  attempt: 3,
  maxAttempts: 3,
  error: { code: "video_unreadable", message: "It can't be read." },
  createdAt: "2026-03-01T10:00:00.000Z",
  finishedAt: "2026-03-01T11:00:00.000Z",
};

export const PAUSED_ENGINE: PausedEngine = {
  id: ID,
  account: "engine@project.iam.gserviceaccount.com",
  engineId: null,
  kind: "scene",
  since: "2026-03-01T10:00:00.000Z",
  probes: 2,
  nextProbeAt: "2026-03-01T10:07:00.000Z",
  ends: { succeeded: 0, input_failed: 1, failed: 9, lost: 3, released: 0 },
};
