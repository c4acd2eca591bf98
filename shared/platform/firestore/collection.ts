/** Collections of Firestore, each typed once by the schema of its documents. */
import type {
  CollectionReference,
  DocumentData,
  Firestore,
  FirestoreDataConverter,
  QueryDocumentSnapshot,
  WithFieldValue,
} from "@google-cloud/firestore";
import type { z } from "zod";

/**
 * A collection whose documents are parsed by `schema` when they are read. What is written is checked by the compiler only.
 * @param path the collection's path, for example `jobs`
 * @param schema of one document, without its id
 * @throws ZodError from `snapshot.data()` when a document does not fit the schema
 */
export function typedCollection<Document extends DocumentData>(
  firestore: Firestore,
  path: string,
  schema: z.ZodType<Document>,
): CollectionReference<Document, Document> {
  const converter: FirestoreDataConverter<Document, Document> = {
    toFirestore: (document: WithFieldValue<Document>) => document,
    fromFirestore: (snapshot: QueryDocumentSnapshot) => schema.parse(snapshot.data()),
  };
  return firestore.collection(path).withConverter(converter);
}
