import { type LeaseOptions, requestLeases, withDefaults } from "./leaseOptions.ts";
import { type LeaseEnd, workOnLease } from "./leaseWork.ts";

/**
 * Leases and works until no work waits; for a program that is started for the work and ends after it, as a function is. Needs no
 * server and keeps nothing running.
 * @param limits `most`: how many leases to take in all. `stopping`: when it is aborted no more is leased, and what is held is released
 * @returns how each lease ended, in the order in which they were taken
 * @throws GatewayRefusedError or GatewayUnreachableError when a request for leases fails; leases taken before it have ended by then
 */
export async function workUntilNoneWaits(
  options: LeaseOptions,
  limits: { readonly most?: number; readonly stopping?: AbortSignal } = {},
): Promise<readonly LeaseEnd[]> {
  const full = withDefaults(options);
  const { most = Number.POSITIVE_INFINITY, stopping = new AbortController().signal } = limits;
  const ends: LeaseEnd[] = [];
  while (ends.length < most && !stopping.aborted) {
    const leases = await requestLeases(full, Math.min(full.max, most - ends.length), stopping);
    if (leases.length === 0) break;
    ends.push(...(await Promise.all(leases.map((lease) => workOnLease(lease, { ...full, stopping })))));
  }
  return ends;
}
