/** What the routes of one lease have in common. */
import { z } from "@hono/zod-openapi";
import type { AppContext } from "#shared/platform/http/appEnv.ts";
import type { EngineDeps } from "./deps.ts";
import { type HeldLease, heldLease, type LeaseCall } from "./heldLease.ts";

export const leaseParam = z.object({ leaseId: z.string() });

export const leaseSecondsSchema = z
  .number()
  .int()
  .describe("How long the lease is to last, in seconds: 30 to 3600 (in the local cloud from 1).");

/** A name is judged by `problemOfName`; this only bounds what is judged. */
export const fileNameSchema = z
  .string()
  .min(1)
  .max(1024)
  .describe("Without a path; at most 120 characters, in Unicode's form NFC. Case does not tell names apart.");

/** Text for people or operators. */
export function textSchema(max: number) {
  return z
    .string()
    .max(max)
    .refine((value) => value.isWellFormed() && !value.includes("\0"));
}

/** Where a job is after its lease was given back. */
export const stateSchema = z.object({ jobId: z.string(), state: z.string() });

/** Judges the lease of a call before its body is looked at. */
export function heldFor(call: LeaseCall) {
  return (c: AppContext, { firestore }: Pick<EngineDeps, "firestore">): Promise<HeldLease> =>
    heldLease(c.req.param("leaseId") ?? "", call, firestore);
}
