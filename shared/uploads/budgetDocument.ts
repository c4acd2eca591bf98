import type { Firestore } from "@google-cloud/firestore";
import { z } from "zod";
import { typedCollection } from "../platform/firestore/collection.ts";
import { timestamp } from "../platform/firestore/timestamp.ts";

/**
 * `uploadBudgets/{spaceId}`: how many bytes a space has asked to upload, by the day (UTC) on which it asked (`budget.ts`). `expiresAt` is the TTL
 * field.
 */
const budgetSchema = z.object({ days: z.record(z.string(), z.number().int()), expiresAt: timestamp });

/** The collection of what spaces have asked to upload. */
export const budgetsOf = (firestore: Firestore) => typedCollection(firestore, "uploadBudgets", budgetSchema);
