/**
 * Makes a value on first use and keeps it for the instance's life, so that a cold start pays only for what its first request
 * needs. A failure isn't kept: the next call tries again.
 */
export function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
