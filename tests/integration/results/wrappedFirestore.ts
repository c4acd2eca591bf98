/** A Firestore whose single documents a test replaces, however a caller gets to them. */
import type { CollectionReference, DocumentReference, Firestore } from "@google-cloud/firestore";

/**
 * The same Firestore, except that each document reference is what `wrap` makes of it.
 * @param wrap gets the real reference, and returns one that behaves like it where the test wants nothing else
 */
export function wrappedFirestore(
  firestore: Firestore,
  wrap: (document: DocumentReference) => DocumentReference,
): Firestore {
  const wrapCollection = (collection: CollectionReference): CollectionReference =>
    intercepted(collection, {
      doc: (id: string) => wrap(collection.doc(id)),
      withConverter: (converter: null) => wrapCollection(collection.withConverter(converter)),
    });
  return intercepted(firestore, {
    doc: (path: string) => wrap(firestore.doc(path)),
    collection: (path: string) => wrapCollection(firestore.collection(path)),
  });
}

/** The same object with other methods in place of some of its own. */
export function intercepted<T extends object>(target: T, methods: Readonly<Record<string, unknown>>): T {
  return new Proxy(target, {
    get(_, name) {
      if (typeof name === "string" && Object.hasOwn(methods, name)) return methods[name];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
