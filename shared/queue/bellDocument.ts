import { createHash } from "node:crypto";
import type { Firestore } from "@google-cloud/firestore";
import { z } from "zod";
import type { EngineAddress } from "../platform/config/settings.ts";
import { typedCollection } from "../platform/firestore/collection.ts";
import { timestamp } from "../platform/firestore/timestamp.ts";

/**
 * `bells/{kind}_{address}`: whether an engine address is being rung for a kind. There is at most one waiting task per bell: its name
 * carries `round`, and a new round begins only when the task before it has run or was removed.
 */
export const bellSchema = z.object({
  round: z.number().int().positive(),
  /**
   * - `idle`: no task; the next job in line begins a round.
   * - `ringing`: a task is due, or waits in the queue's back-off while the engine is busy.
   * - `checking`: the engine said it will pull; a task will check whether it did.
   */
  state: z.enum(["idle", "ringing", "checking"]),
  /** When this round's task is due; later than now only while `checking`, or while a busy engine asked to wait. */
  dueAt: timestamp,
  /** When the engine was last rung; null before the first time. */
  rungAt: timestamp.nullable(),
  /** Rings in a row that were answered by "will pull" and followed by no pull. */
  ignored: z.number().int().nonnegative(),
});
export type Bell = z.infer<typeof bellSchema>;

/** The collection of bells. */
export const bellsOf = (firestore: Firestore) => typedCollection(firestore, "bells", bellSchema);

/** Names an engine address in task names and document ids. */
export function addressId(address: Pick<EngineAddress, "url">): string {
  return createHash("sha256").update(address.url).digest("hex").slice(0, 16);
}
