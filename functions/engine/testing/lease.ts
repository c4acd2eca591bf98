/** A lease as the tests beside the routes of `engine` hold it. */
import { jobWith } from "#shared/queue/testing/jobFixture.ts";
import type { HeldLease } from "../heldLease.ts";

export const PATH = "/v1/engine/leases/lease-1";
export const LEASE: HeldLease = {
  jobId: "job",
  hash: "hash",
  job: jobWith({ state: "running" }),
  version: { seconds: 1, nanoseconds: 0 },
};
/** The bearer token of the one service account. */
export const token = "service";
