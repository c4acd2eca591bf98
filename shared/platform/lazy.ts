/**
 * Makes a value on first use and keeps it for the instance's life, so that a cold start pays only for what its first request needs.
 * Callers that come while a promise is pending share it. A failure is not kept, neither a thrown error nor a rejected promise: the
 * next call tries again.
 */
export function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    if (made) return made.value;
    const mine = { value: make() };
    made = mine;
    if (mine.value instanceof Promise) {
      // The callers get the rejection itself; this only forgets it.
      mine.value.catch(() => {
        if (made === mine) made = undefined;
      });
    }
    return mine.value;
  };
}
