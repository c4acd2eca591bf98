import type { Firestore } from "@google-cloud/firestore";
import { z } from "zod";
import { typedCollection } from "../platform/firestore/collection.ts";

/**
 * `feeds/{spaceId}`: the number of a space's last change. Phones listen to this one small document and ask for the changes when it
 * rises. It may be behind SQL, never ahead of it. The space's members may read it.
 */
const feedSchema = z.object({ seq: z.number().int() });

/** The collection of feeds. */
export const feedsOf = (firestore: Firestore) => typedCollection(firestore, "feeds", feedSchema);
