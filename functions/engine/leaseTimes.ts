import { errors } from "#shared/platform/errors.ts";
import type { EngineDeps } from "./deps.ts";

/** How long the URLs to inputs and for results can be used. Asking again signs them again. */
export const URL_SECONDS = 3600;

/** @throws `invalid_request` for a lease length that this deployment doesn't offer */
export function checkLeaseSeconds(seconds: number, deps: Pick<EngineDeps, "leaseSeconds">): void {
  const { min, max } = deps.leaseSeconds;
  if (seconds >= min && seconds <= max) return;
  const message = `expected ${min} to ${max} seconds`;
  throw errors.invalidRequest(`leaseSeconds: ${message}`, { issues: [{ path: "leaseSeconds", message }] });
}
