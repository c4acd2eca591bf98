/**
 * Every error a caller can be told, by its stable code. Phones and engines branch on `code`; `title` is for people and may change.
 */
export const problemTitles = {
  invalid_request: "The request is malformed",
  body_too_large: "The request body is too large",
  unsupported_media_type: "The request body must be JSON",
  unauthenticated: "A valid access token is needed",
  token_invalid: "The token is not valid",
  token_spent: "The refresh token was used and its successor is in use",
  token_reused: "The refresh token was used by someone else; the session has ended",
  identity_rejected: "The identity provider's token was refused",
  email_unverified: "The e-mail address is not verified",
  account_exists: "An account with this address exists under another sign-in",
  forbidden: "Not allowed",
  not_found: "Not found",
  method_not_allowed: "The method is not allowed here",
  not_enrolled: "The role has not been chosen yet",
  role_already_set: "The role is set once",
  role_mismatch: "This is for the other role",
  not_in_group: "The caller is in no care group",
  already_in_group: "Already in another care group",
  code_rejected: "The code was refused",
  already_earned: "Today's badge was earned already",
  idempotency_key_required: "An Idempotency-Key is needed",
  idempotency_key_reused: "The Idempotency-Key was used with another body",
  upload_unknown: "An input names an upload that isn't there",
  upload_rejected: "An input's upload was rejected",
  resource_unknown: "The request names a resource that can't be used here",
  unknown_kind: "The kind is unknown",
  too_many_open_jobs: "The group has too many open jobs",
  job_finished: "The job has ended",
  job_not_finished: "The job has not ended",
  lease_lost: "The lease is no longer valid",
  output_missing: "An output file is not there as declared",
  erased: "This was erased",
  rate_limited: "Too many requests",
  unavailable: "Temporarily unavailable",
  internal: "Something went wrong on our side",
} as const;

export type ErrorCode = keyof typeof problemTitles;

/** One bad value of a request: where it is and what was expected there. */
export interface InputIssue {
  readonly path: string;
  readonly message: string;
}

interface ErrorOptions {
  readonly cause?: unknown;
  readonly issues?: readonly InputIssue[];
  /** Seconds after which asking again makes sense; becomes `Retry-After`. */
  readonly retryAfterSeconds?: number;
}

/**
 * The base of all errors we throw on purpose. `message` becomes the problem's `detail`, so it names fields and expectations and
 * never a secret or another person's data.
 */
export class ReverieError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  readonly issues: readonly InputIssue[];
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.status = status;
    this.code = code;
    this.retryable = status === 429 || status >= 500;
    this.issues = options.issues ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get title(): string {
    return problemTitles[this.code];
  }
}

/** 400: what was sent can't be read or doesn't fit its schema. */
export class InvalidRequest extends ReverieError {
  constructor(message: string, options: ErrorOptions & { code?: ErrorCode } = {}) {
    super(400, options.code ?? "invalid_request", message, options);
  }
}
/** 401: who is asking is not known. */
export class Unauthenticated extends ReverieError {
  constructor(message: string, options: ErrorOptions & { code?: ErrorCode } = {}) {
    super(401, options.code ?? "unauthenticated", message, options);
  }
}
/** 403: known, but not allowed; only where the thing's existence is no secret. */
export class Forbidden extends ReverieError {
  constructor(message: string, options: ErrorOptions & { code?: ErrorCode } = {}) {
    super(403, options.code ?? "forbidden", message, options);
  }
}
/** 404: not there, or somebody else's; the two are answered alike. */
export class NotFound extends ReverieError {
  constructor(message = "nothing is here for this caller", options: ErrorOptions = {}) {
    super(404, "not_found", message, options);
  }
}
/** 409: the thing's state doesn't allow this. */
export class Conflict extends ReverieError {
  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(409, code, message, options);
  }
}
/** 422: readable, but can't be done as asked. */
export class Unprocessable extends ReverieError {
  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(422, code, message, options);
  }
}
/** 429. */
export class TooManyRequests extends ReverieError {
  constructor(message: string, options: ErrorOptions & { code?: ErrorCode } = {}) {
    super(429, options.code ?? "rate_limited", message, options);
  }
}
/** 503: a part of ours is away; asking again later may work. */
export class Unavailable extends ReverieError {
  constructor(message: string, options: ErrorOptions = {}) {
    super(503, "unavailable", message, options);
  }
}
