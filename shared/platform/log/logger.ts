import { currentTrace } from "../trace.ts";
import type { ErrorEvents, InfoEvents, WarnEvents } from "./events.ts";
import { standardOutput } from "./standardOutput.ts";

/** Structured logs in Cloud Logging's field names: one line for each event of the catalogue. */
export interface Logger {
  info<Name extends keyof InfoEvents>(event: Name, fields: InfoEvents[Name]): void;
  warn<Name extends keyof WarnEvents>(event: Name, fields: WarnEvents[Name]): void;
  error<Name extends keyof ErrorEvents>(event: Name, fields: ErrorEvents[Name]): void;
  /** A logger that adds `fields` to each of its lines. */
  with(fields: LogFields): Logger;
}
export type LogFields = Readonly<Record<string, unknown>>;

const LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
type Level = (typeof LEVELS)[number];
/** How many causes below an error are written; a chain may be a circle. */
const MAX_CAUSES = 8;
/** Of the levels that a line can have. */
const SEVERITY = { info: "INFO", warn: "WARNING", error: "ERROR" } as const;

/**
 * A logger that writes JSON lines to standard output. Each line names the trace it belongs to, in the form by which Cloud Logging
 * finds all lines of one trace (https://docs.cloud.google.com/logging/docs/structured-logging).
 * @param output takes the lines instead of standard output
 * @param projectId of the project that the trace is shown in; without it the line carries the bare id
 */
export function createLogger(
  level: Level,
  fields: LogFields = {},
  projectId?: string,
  output: { write(line: string): void } = standardOutput,
): Logger {
  const least = LEVELS.indexOf(level);
  const write = (lineLevel: keyof typeof SEVERITY) => (event: string, given: object) => {
    if (LEVELS.indexOf(lineLevel) < least) return;
    const head = { severity: SEVERITY[lineLevel], time: new Date().toISOString(), ...fields };
    const tail = { event, message: event };
    const line = { ...head, ...traceField(projectId), ...withDescribedError(given), ...tail };
    try {
      output.write(`${textOf(line, tail)}\n`);
    } catch {
      // The line is lost, with who would have read it.
    }
  };
  return {
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    with: (more) => createLogger(level, { ...fields, ...more }, projectId, output),
  };
}

/** @param least what is written when a field is nothing that JSON can hold: no request fails because of a line */
function textOf(line: object, least: object): string {
  try {
    return JSON.stringify(line);
  } catch {
    return JSON.stringify({ severity: "ERROR", ...least });
  }
}

function withDescribedError(fields: object): object {
  return "error" in fields ? { ...fields, error: describeError(fields.error) } : fields;
}

function traceField(projectId: string | undefined): LogFields {
  const id = currentTrace();
  if (id === undefined) return {};
  return {
    "logging.googleapis.com/trace": projectId === undefined ? id : `projects/${projectId}/traces/${id}`,
  };
}

/** A logger that keeps nothing; for tests that don't look at logs. */
export const silentLogger: Logger = {
  info() {},
  warn() {},
  error() {},
  with: () => silentLogger,
};

/**
 * What of an error may be logged: its class, code, message, stack and the chain of causes. Query parameters, `detail` of
 * Postgres errors (it quotes row values) and response bodies are left out.
 */
function describeError(error: unknown, causes = MAX_CAUSES): unknown {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = "code" in error ? error.code : undefined;
  return {
    name: error.name,
    ...(typeof code === "string" || typeof code === "number" ? { code } : {}),
    message: error.message,
    stack: error.stack,
    ...(error.cause === undefined || causes === 0 ? {} : { cause: describeError(error.cause, causes - 1) }),
  };
}
