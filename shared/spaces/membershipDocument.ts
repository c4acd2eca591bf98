import type { Firestore } from "@google-cloud/firestore";
import { z } from "zod";
import { typedCollection } from "../platform/firestore/collection.ts";

/**
 * `members/{userId}`: which spaces a person may read in Firestore, in the order of their ids. A mirror of the SQL table, for the security rules: they ask this
 * document, not the token's claims, so that a removed member stops reading at once. `groups` writes it, `sweep` repairs it.
 */
export const membershipSchema = z.object({ spaceIds: z.array(z.string()).readonly() });

/** The collection of memberships. */
export const membershipsOf = (firestore: Firestore) =>
  typedCollection(firestore, "members", membershipSchema);
