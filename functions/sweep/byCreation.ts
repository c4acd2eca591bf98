/** Pages of documents in the order of their creation, and the text that says where the next page begins. */
import type { DocumentData, Query, QueryDocumentSnapshot } from "@google-cloud/firestore";

export interface CreationRange {
  /** What `nextByCreation` returned; from the oldest on unless given. */
  readonly place?: string | undefined;
  /** Leaves out what was created before. */
  readonly since?: Date;
}

/** @param query ordered by `createdAt` and then by id */
export function after<Content, Stored extends DocumentData>(
  query: Query<Content, Stored>,
  { place, since }: CreationRange,
): Query<Content, Stored> {
  const [text = "", id = ""] = place?.split(" ") ?? [];
  const time = new Date(text);
  if (place !== undefined && (since === undefined || time >= since)) return query.startAfter(time, id);
  return since === undefined ? query : query.startAt(since);
}

/**
 * Where the page after this one begins; null when this one was the last. What the time did not suffice for is on the next one.
 * @param through how many documents of the page were dealt with
 */
export function nextByCreation(
  documents: readonly QueryDocumentSnapshot[],
  through: number,
  limit: number,
  { place }: CreationRange,
): string | null {
  if (through === documents.length && documents.length < limit) return null;
  const last = documents[through - 1];
  if (!last) return place ?? "";
  return `${last.get("createdAt").toDate().toISOString()} ${last.id}`;
}
