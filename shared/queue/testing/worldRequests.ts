/** What a job of the random histories may be asked. */
import type { Kind } from "../../kinds/kind.ts";
import { scene } from "../../kinds/scene.ts";
import type { JobRequest } from "../commitJob.ts";
import type { Job } from "../jobDocument.ts";
import { RECEIVED } from "./jobFixture.ts";

/** The kind of all jobs in a history. */
export const THING: Kind = {
  ...scene,
  name: "thing",
  inputs: { one: { contentTypes: ["x/y"], maxBytes: 10 } },
  maxAttempts: 2,
  backoff: { baseSeconds: 0, maxSeconds: 60 },
  leaseCeilingSeconds: 400,
  weight: 1,
};

/** What is drawn for a request. */
interface Draw {
  /** Of a lease that was given some time ago; undefined if none was. */
  readonly token: string | undefined;
  /** From 0 to 15. */
  readonly what: number;
  readonly detail: number;
  /** New in this history. */
  readonly name: string;
}

/** What the job waits for. */
export function fittingRequest(job: Job, { token, what, detail, name }: Draw): JobRequest | undefined {
  if (job.state === "awaiting_upload") return arrived(job.waitingFor[0] ?? "");
  if (job.state === "queued" && job.waiting) return lease(name, detail);
  if (job.state === "queued") return { type: "back_off_ended", enqueueCount: job.enqueueCount };
  if (job.state === "running" && token) return callOf(token, what, detail);
  if (job.notificationPending && detail % 2 === 0) return sent(job);
  return what < 5 && detail % 4 === 0 ? retry(detail % 8 === 0) : undefined;
}

/** What comes late, twice, or from someone else. */
export function strayRequest(job: Job, { token, what, detail, name }: Draw): JobRequest | undefined {
  switch (what) {
    case 10:
      return { type: "lease_ended", leaseNumber: Math.max(0, job.leaseNumber - (detail % 2)) };
    case 11:
      return { type: "back_off_ended", enqueueCount: Math.max(0, job.enqueueCount - (detail % 2)) };
    case 12:
      return token ? callOf(token, detail % 10, Math.floor(detail / 16)) : undefined;
    case 13: {
      const reason = { code: "bad", message: "m" };
      const uploadId = Object.values(job.inputs)[0]?.uploadId ?? "";
      return detail % 8 > 0 ? arrived(uploadId) : { type: "input_rejected", uploadId, reason };
    }
    case 14:
      if (detail % 4 > 0) return lease(name, detail);
      return { type: detail % 8 === 0 ? "cancel" : "inputs_missing" };
    default:
      if (detail % 8 === 0) return { type: "creator_erased", creator: "u", replacement: "erased" };
      if (detail % 8 === 1) return sent(job);
      if (detail % 8 < 4) return { type: "attempt_refunded", leaseNumber: job.leaseNumber - (detail % 2) };
      return { type: "lease_ended", leaseNumber: job.leaseNumber };
  }
}

/** What phones, timers, sweep and an honest engine ask in the end, one after the other. */
export function honestRequests(job: Job, name: string): readonly JobRequest[] {
  const { leaseNumber, enqueueCount } = job;
  if (job.state === "awaiting_upload") return job.waitingFor.map(arrived);
  if (job.state === "running") return [{ type: "lease_ended", leaseNumber }];
  if (job.state === "queued" && !job.waiting) return [{ type: "back_off_ended", enqueueCount }];
  if (job.state === "queued") return [lease(name, 0), completion(`${name}.${leaseNumber + 1}`)];
  const notification = sent(job);
  return job.notificationPending && notification ? [notification] : [];
}

export function arrived(uploadId: string): JobRequest {
  return { type: "input_received", uploadId, received: { ...RECEIVED, contentType: "x/y", size: 1 } };
}

/** A completion by the lease of this hash. */
export function completion(hash: string): JobRequest {
  const file = { name: "scene.glb", contentType: "model/gltf-binary", size: 4, crc32c: "AAAAAA==" };
  return {
    type: "complete",
    hash,
    files: [{ ...file, role: "model", object: `of ${hash}`, generation: "1" }],
    data: null,
  };
}

function lease(hash: string, detail: number): JobRequest {
  return {
    type: "lease",
    hash,
    accountId: "a",
    engineId: `e${detail % 3}`,
    seconds: 30 + (detail % 3) * 300,
  };
}

function retry(onlyFailed: boolean): JobRequest {
  return { type: "retry", onlyFailed, openJobsPerSpace: 2 };
}

function sent({ finishedAt }: Job): JobRequest | undefined {
  return finishedAt ? { type: "notification_sent", finishedAt } : undefined;
}

/** What an engine says about its lease. */
function callOf(hash: string, what: number, detail: number): JobRequest {
  if (what < 3) return { type: "renew", hash, seconds: 60, progress: 0.5 };
  if (what === 3) return { type: "announce", hash, files: { f: { contentType: "x/y", size: 1 } } };
  if (what < 6) return completion(hash);
  if (what < 8) return { type: "fail", hash, code: "c", message: "m", retryable: detail % 4 > 0 };
  return { type: "release", hash };
}
