import { z } from "zod";

/**
 * `members/{userId}`: which group a person may read in Firestore. A mirror of the SQL table, for the security rules: they ask this
 * document, not the token's claims, so that a removed member stops reading at once. `groups` writes it, `sweep` repairs it.
 */
export const memberDocumentSchema = z.object({ spaceId: z.string() });
