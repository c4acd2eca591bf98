import type { Firestore } from "@google-cloud/firestore";
import { z } from "zod";
import { typedCollection } from "../platform/firestore/collection.ts";
import { timestamp } from "../platform/firestore/timestamp.ts";

/** `tombstones/{spaceId}`: the space was erased. Nothing may come to it; it is never removed. */
const tombstoneSchema = z.object({ erasedAt: timestamp });

/** The collection of tombstones. */
export const tombstonesOf = (firestore: Firestore) =>
  typedCollection(firestore, "tombstones", tombstoneSchema);
