import type { DocumentData, DocumentReference, DocumentSnapshot, Firestore } from "@google-cloud/firestore";

type References<Documents extends readonly DocumentData[]> = {
  readonly [Index in keyof Documents]: DocumentReference<Documents[Index], Documents[Index]>;
};
type Snapshots<Documents extends readonly DocumentData[]> = {
  readonly [Index in keyof Documents]: DocumentSnapshot<Documents[Index], Documents[Index]>;
};

/**
 * Reads documents of any collections in one request.
 * @param reader the client, or a transaction that is to lock them
 * @returns their snapshots in the order of the references, each to be parsed by its own collection's schema
 */
export async function readTogether<Documents extends readonly DocumentData[]>(
  reader: Pick<Firestore, "getAll">,
  ...references: References<Documents>
): Promise<Snapshots<Documents>> {
  if (references.length === 0) return [] as unknown as Snapshots<Documents>; // of no documents
  // `getAll` answers in the order of its arguments; its type knows only one collection.
  return (await reader.getAll(...references)) as unknown as Snapshots<Documents>;
}
