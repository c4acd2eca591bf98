/**
 * Keeps request bodies out of the logs. functions-framework parses bodies before our code runs, and Express prints the error of one
 * that can't be parsed as it is, with the whole body as a property; a body may hold a refresh token. Nothing can be put in front of
 * that parser, so what is printed is cut here. Importing this file does it, once per process.
 */
const print = console.error;
console.error = (...values: unknown[]): void => print(...values.map(withoutBody));

/** An error whose request couldn't be parsed, by its name and kind; anything else as it is. */
export function withoutBody(value: unknown): unknown {
  if (!(value instanceof Error) || !("body" in value)) return value;
  const type = "type" in value ? String(value.type) : "unknown";
  return JSON.stringify({ severity: "WARNING", message: "request_body_unreadable", name: value.name, type });
}
