import { errors } from "#shared/platform/errors.ts";
import type { Gate } from "#shared/platform/http/app.ts";
import type { RandomBytes } from "#shared/platform/ids.ts";
import type { ObjectStore } from "#shared/platform/storage/objectStore.ts";
import type { QueueDeps } from "#shared/queue/store.ts";

export interface EngineDeps extends QueueDeps {
  readonly gate: Gate;
  /** The bucket of uploads. */
  readonly uploads: ObjectStore;
  /** The bucket of resources. */
  readonly resources: ObjectStore;
  readonly randomBytes: RandomBytes;
  /** From 0 to 1; spreads engines over the line. */
  readonly random: () => number;
  /** The settings LEASE_SECONDS_MIN and LEASE_SECONDS_MAX. */
  readonly leaseSeconds: { readonly min: number; readonly max: number };
}

/** How long the URLs to inputs and for results can be used. Asking again signs them anew. */
export const URL_SECONDS = 3600;

/** @throws `invalid_request` for a lease length that this deployment doesn't offer */
export function checkLeaseSeconds(seconds: number, deps: Pick<EngineDeps, "leaseSeconds">): void {
  const { min, max } = deps.leaseSeconds;
  if (seconds >= min && seconds <= max) return;
  const message = `expected ${min} to ${max} seconds`;
  throw errors.invalidRequest(`leaseSeconds: ${message}`, { issues: [{ path: "leaseSeconds", message }] });
}
