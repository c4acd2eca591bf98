import type { Firestore } from "@google-cloud/firestore";
import { z } from "zod";
import { typedCollection } from "../platform/firestore/collection.ts";
import { timestamp } from "../platform/firestore/timestamp.ts";

/**
 * `sessions/{sessionId}`: that a session lives and may listen in Firestore. The security rules ask it at each read, for the session that a
 * listener token names, so that a token that was held back until after the session's end opens nothing. `expiresAt` is the TTL field.
 */
const listenerSchema = z.object({ userId: z.string(), expiresAt: timestamp });

/** The collection of sessions that may listen. */
export const listenersOf = (firestore: Firestore) => typedCollection(firestore, "sessions", listenerSchema);
