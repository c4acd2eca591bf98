import { randomUUID } from "node:crypto";
import { type Clock, systemClock } from "#shared/platform/clock.ts";
import type { Logger } from "#shared/platform/log/logger.ts";
import { type EngineClient, type Lease, worthAnotherCall } from "./client.ts";
import { retrying } from "./retry.ts";
import type { Work } from "./work.ts";

export interface LeaseOptions {
  readonly client: EngineClient;
  /** The engine's name at the gateway; stable across restarts. */
  readonly engineId: string;
  /** What is done for each kind of job. */
  readonly work: ReadonlyMap<string, Work>;
  /** Kinds to take; all that there is work for when absent. */
  readonly kinds?: readonly string[];
  /** How many jobs at once. */
  readonly max?: number;
  readonly leaseSeconds?: number;
  /** An existing directory for inputs and results while they are worked on. */
  readonly workDir: string;
  readonly log: Logger;
  readonly clock?: Clock;
  /** Makes Idempotency-Keys. */
  readonly newKey?: () => string;
}

/** Options with nothing left out. */
export type FullLeaseOptions = Required<LeaseOptions>;

/** @throws when a kind is named that there is no work for */
export function withDefaults(options: LeaseOptions): FullLeaseOptions {
  const full = {
    kinds: [...options.work.keys()],
    max: 1,
    leaseSeconds: 30,
    clock: systemClock,
    newKey: randomUUID,
    ...options,
  };
  const unknown = full.kinds.find((kind) => !full.work.has(kind));
  if (unknown !== undefined) throw new Error(`this engine has no work for the kind ${unknown}`);
  return full;
}

/** How often one request for work is repeated with the same key before the caller hears that it failed. */
const ATTEMPTS = 5;

/**
 * Asks for up to `max` leases. An answer that was lost is asked for with the same key, which finds the same leases.
 * @throws GatewayRefusedError, GatewayUnreachableError, or the signal's reason
 */
export async function requestLeases(
  options: FullLeaseOptions,
  max: number,
  signal: AbortSignal,
): Promise<readonly Lease[]> {
  const { client, engineId, kinds, leaseSeconds, newKey } = options;
  const key = newKey();
  const rules = {
    attempts: ATTEMPTS,
    baseSeconds: 0.5,
    maxSeconds: 10,
    worthwhile: worthAnotherCall,
    signal,
  };
  return await retrying(rules, () => client.lease({ engineId, kinds, max, leaseSeconds }, key));
}
