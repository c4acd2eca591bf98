/** The query of uploads that needs an index of more than one field; a test compares it with `firestore.indexes.json`. */
import type { Firestore, Query } from "@google-cloud/firestore";
import { type Upload, uploadsOf } from "./uploadDocument.ts";

/** Its index. */
export const pendingUploadsShape = {
  collection: "uploads",
  equal: ["state"],
  order: [["createdAt", "asc"]],
} as const;

/** Uploads without a verdict, oldest first. */
export function pendingUploads(firestore: Firestore): Query<Upload, Upload> {
  return uploadsOf(firestore).where("state", "==", "pending").orderBy("createdAt").orderBy("__name__");
}
