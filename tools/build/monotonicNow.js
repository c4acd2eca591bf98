/** `performance.now()` of bundles: Node loads all that it can measure when `performance` is first touched. */
export function monotonicNow() {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}
