import { createHash } from "node:crypto";
import type { Firestore } from "@google-cloud/firestore";
import { z } from "zod";
import { typedCollection } from "../platform/firestore/collection.ts";
import { timestamp } from "../platform/firestore/timestamp.ts";
import { base32 } from "../platform/ids.ts";

/** `engines/{id}`: that an engine is there. Written by what it calls; `expiresAt` is the TTL field. */
export const engineSchema = z.object({
  /** As the engine names itself. */
  engineId: z.string(),
  /** The address of its service account, and the hash that stands for it in jobs and records. */
  account: z.string(),
  accountId: z.string(),
  kinds: z.array(z.string()),
  /** When it last called at all. */
  seenAt: timestamp,
  /** When it last asked for work. */
  pulledAt: timestamp,
  /** When it last got all it asked for: it works and will ask again when it is done. Absent if never. */
  filledAt: timestamp.optional(),
  expiresAt: timestamp,
});
export type Engine = z.infer<typeof engineSchema>;

/** The collection of engines. */
export const enginesOf = (firestore: Firestore) => typedCollection(firestore, "engines", engineSchema);

/** The document of an engine: its own name, kept apart per service account. */
export function engineDocumentId(caller: string, engineId: string): string {
  return base32(
    createHash("sha256")
      .update(JSON.stringify([caller, engineId]))
      .digest(),
  ).slice(0, 26);
}
