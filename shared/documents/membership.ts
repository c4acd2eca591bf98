import { z } from "zod";
import { timestamp } from "./timestamp.ts";

/**
 * `members/{userId}`: which group a person may read in Firestore. A mirror of the SQL table, for the security rules: they ask this
 * document, not the token's claims, so that a removed member stops reading at once. `groups` writes it, `sweep` repairs it.
 */
export const memberDocumentSchema = z.object({ groupId: z.string() });

/**
 * `tombstones/{groupId}`: the group was erased. Written after the SQL tombstone and before anything is removed; submit and
 * complete read it in their transactions, so that nothing new can appear in an erased group. Never deleted.
 */
export const tombstoneSchema = z.object({ erasedAt: timestamp });
