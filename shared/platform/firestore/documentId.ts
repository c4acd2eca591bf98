/**
 * Whether Firestore takes `text` as a document's id
 * (https://firebase.google.com/docs/firestore/quotas#collections_documents_and_fields). What it doesn't take makes a client throw, so ids
 * that callers name are asked first.
 */
export function isDocumentId(text: string): boolean {
  return text !== "" && !/\/|^\.{1,2}$|^__.*__$/s.test(text) && Buffer.byteLength(text) <= 1_500;
}
