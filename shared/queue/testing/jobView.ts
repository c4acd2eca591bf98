/** A job as the tests beside routes get it. */
import type { JobView } from "../view.ts";

export const ID = "0123456789abcdefghjkmnpqrs";

export function jobView(overrides: Partial<JobView> = {}): JobView {
  return {
    id: ID,
    spaceId: "space",
    kind: "scene",
    title: "Our garden",
    state: "queued",
    params: {},
    inputs: { video: { uploadId: "upload", state: "received" } },
    position: 3,
    estimatedStartAt: "2026-03-01T11:00:00.000Z",
    estimatedDoneAt: "2026-03-01T14:00:00.000Z",
    progress: null,
    attempt: 0,
    maxAttempts: 3,
    error: null,
    resourceId: "resource",
    createdAt: "2026-03-01T10:00:00.000Z",
    updatedAt: "2026-03-01T10:00:00.000Z",
    finishedAt: null,
    eventsUrl: `https://events.example/v1/jobs/${ID}/events`,
    ...overrides,
  };
}
