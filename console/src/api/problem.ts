/** What the API, or the network in front of it, answers instead of what was asked for. */
import type { components } from "./schema.d.ts";

type Problem = components["schemas"]["Problem"];

/** A problem document (RFC 9457). Programs go by `code`. */
export class ProblemError extends Error {
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  readonly requestId: string | undefined;
  /** Seconds, when the API says when to ask again. */
  readonly retryAfter: number | undefined;

  constructor(problem: Partial<Problem>, response: Response) {
    super(problem.title ?? `HTTP ${response.status}`);
    this.name = "ProblemError";
    this.code = problem.code ?? "unavailable";
    this.status = response.status;
    this.detail = problem.detail ?? "";
    this.requestId = problem.requestId;
    const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
    this.retryAfter = Number.isFinite(seconds) ? seconds : undefined;
  }
}

/** The network gave no answer. */
export class OfflineError extends Error {
  constructor(cause: unknown) {
    super("no answer from the network", { cause });
    this.name = "OfflineError";
  }
}

/** This browser has no session, or its session has ended. */
export class SignedOutError extends Error {
  constructor() {
    super("signed out");
    this.name = "SignedOutError";
  }
}

/**
 * What an operation answered.
 * @throws ProblemError for any answer that isn't a good one
 */
export function answered<Data>(result: {
  readonly data?: Data;
  readonly error?: unknown;
  readonly response: Response;
}): Data {
  if (!result.response.ok) throw new ProblemError(readProblem(result.error), result.response);
  // A good answer has what the document says, which is nothing for 204.
  return result.data as Data;
}

function readProblem(error: unknown): Partial<Problem> {
  // Something before the API may have answered with a page.
  return typeof error === "object" && error !== null ? error : {};
}
