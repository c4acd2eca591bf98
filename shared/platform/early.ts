import { lazy } from "./lazy.ts";

/**
 * As `lazy`; in an instance of a function the value is made now, so that its first connections open while the framework is still starting.
 * Elsewhere, in a test that imports the function or where it is only compiled, nothing connects before there is a request.
 * @param environment functions-framework's: it has the function's name in FUNCTION_TARGET
 */
export function early<T>(
  make: () => T,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): () => T {
  const made = lazy(make);
  if (environment.FUNCTION_TARGET === undefined) return made;
  try {
    made();
  } catch {
    // A failure isn't kept: the first request meets it again, where it is logged and answered.
  }
  return made;
}
