/**
 * Every error that a caller can get. Phones and engines branch on `code`; `title` is for people and may change. Each code is defined
 * on one line, so it has one status, one title and one factory.
 */

/** One bad value of a request: where it is and what was expected there. */
export interface InputIssue {
  readonly path: string;
  readonly message: string;
}

export interface ErrorOptions {
  readonly cause?: unknown;
  readonly issues?: readonly InputIssue[];
  /** Seconds after which the same request may succeed; becomes `Retry-After`. */
  readonly retryAfterSeconds?: number;
}

interface Definition<Code extends string> {
  readonly code: Code;
  readonly status: number;
  readonly title: string;
}

/** Makes the error of one code. `message` becomes the problem's `detail`. */
interface ErrorFactory<Code extends string> extends Definition<Code> {
  (message: string, options?: ErrorOptions): ReverieError;
}

/** The factory of a code whose errors can share one `detail`. */
interface ErrorFactoryWithDetail<Code extends string> extends Definition<Code> {
  (message?: string, options?: ErrorOptions): ReverieError;
}

/**
 * The base of all errors that are thrown on purpose; `errors` makes them. `message` names fields and expectations, and never a secret
 * or another person's data.
 */
export class ReverieError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly title: string;
  readonly issues: readonly InputIssue[];
  readonly retryAfterSeconds: number | undefined;

  constructor({ code, status, title }: Definition<ErrorCode>, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ReverieError";
    this.code = code;
    this.status = status;
    this.title = title;
    this.issues = options.issues ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** The catalogue: one factory for each code, in the order of the statuses. */
export const errors = {
  invalidRequest: define("invalid_request", 400, "The request is malformed"),
  idempotencyKeyRequired: define("idempotency_key_required", 400, "An Idempotency-Key is needed"),
  unknownKind: define("unknown_kind", 400, "The kind is unknown"),

  unauthenticated: define("unauthenticated", 401, "A valid access token is needed"),
  tokenInvalid: define("token_invalid", 401, "The token is not valid"),
  tokenSpent: define("token_spent", 401, "The refresh token was used and its successor is in use"),
  tokenReused: define(
    "token_reused",
    401,
    "The refresh token was used by someone else; the session has ended",
  ),
  identityRejected: define("identity_rejected", 401, "The identity provider's token was refused"),
  emailUnverified: define("email_unverified", 401, "The e-mail address is not verified"),
  /** The code of the browser flow. A code that was mailed is `code_rejected`. */
  signInCodeRejected: define("sign_in_code_rejected", 401, "The sign-in code was refused"),

  forbidden: define("forbidden", 403, "Not allowed"),
  notEnrolled: define("not_enrolled", 403, "The role has not been chosen yet"),
  /** The caller's account holds no verified address, and this needs one. */
  addressUnverified: define("address_unverified", 403, "The caller's e-mail address is not verified"),
  roleMismatch: define("role_mismatch", 403, "This is for the other role"),

  /** Not there, or another's; the two are answered alike. */
  notFound: define("not_found", 404, "Not found", "nothing is here for this caller"),
  /** Reading one's care group, while there is none. */
  notInGroup: define("not_in_group", 404, "The caller is in no care group"),

  methodNotAllowed: define("method_not_allowed", 405, "The method is not allowed here"),

  alreadyInGroup: define("already_in_group", 409, "Already in another care group"),
  tooManySpaces: define("too_many_spaces", 409, "In too many spaces already"),
  roleAlreadySet: define("role_already_set", 409, "The role is set once"),
  alreadyEarned: define("already_earned", 409, "Today's badge was earned already"),
  jobFinished: define("job_finished", 409, "The job has ended"),
  jobNotFinished: define("job_not_finished", 409, "The job has not ended"),
  /** A job that exists can't run again, since one of its uploads is gone. Naming such an upload in a new job is `upload_unknown`. */
  inputsGone: define("inputs_gone", 409, "The job's files are gone"),
  /** A job that exists can't run again, since one of its uploads was rejected. Naming such an upload in a new job is `upload_rejected`. */
  inputsRejected: define("inputs_rejected", 409, "A file of the job was rejected"),
  /** Renewing an upload whose bytes have arrived, were rejected, or come too late. */
  uploadOver: define("upload_over", 409, "The upload has ended"),
  leaseLost: define("lease_lost", 409, "The lease is no longer valid"),
  erased: define("erased", 409, "This was erased"),

  changedMeanwhile: define(
    "changed_meanwhile",
    412,
    "It was changed meanwhile",
    "If-Match: names a state that this is no longer in; read it again",
  ),

  bodyTooLarge: define("body_too_large", 413, "The request body is too large"),
  unsupportedMediaType: define("unsupported_media_type", 415, "The request body must be JSON"),

  codeRejected: define("code_rejected", 422, "The code was refused"),
  idempotencyKeyReused: define(
    "idempotency_key_reused",
    422,
    "The Idempotency-Key was used with another body",
    "this Idempotency-Key came with another body before",
  ),
  memberUnknown: define("member_unknown", 422, "The request names someone who is not in the space"),
  uploadUnknown: define("upload_unknown", 422, "An input names an upload that isn't there"),
  uploadRejected: define("upload_rejected", 422, "An input's upload was rejected"),
  resourceUnknown: define("resource_unknown", 422, "The request names a resource that can't be used here"),
  outputMissing: define("output_missing", 422, "An output file is not there as declared"),
  outputsRejected: define("outputs_rejected", 422, "The output files can't be a result of this kind"),

  preconditionRequired: define(
    "precondition_required",
    428,
    "An If-Match is needed",
    "If-Match: send the ETag of what was changed",
  ),

  rateLimited: define("rate_limited", 429, "Too many requests"),
  uploadBudgetSpent: define("upload_budget_spent", 429, "The space has uploaded too much lately"),
  tooManyOpenJobs: define("too_many_open_jobs", 429, "The space has too many open jobs"),

  internal: define("internal", 500, "Something went wrong on our side"),
  /** A part of ours is away; the same request may succeed later. */
  unavailable: define("unavailable", 503, "Temporarily unavailable"),
} as const;

export type ErrorCode = (typeof errors)[keyof typeof errors]["code"];

/** Whether this is our error of that code. */
export function hasCode(error: unknown, code: ErrorCode): error is ReverieError {
  return error instanceof ReverieError && error.code === code;
}

function define<const Code extends string>(code: Code, status: number, title: string): ErrorFactory<Code>;
function define<const Code extends string>(
  code: Code,
  status: number,
  title: string,
  detail: string,
): ErrorFactoryWithDetail<Code>;
function define(code: ErrorCode, status: number, title: string, detail: string = title) {
  const definition = { code, status, title };
  const make = (message = detail, options?: ErrorOptions) => new ReverieError(definition, message, options);
  return Object.assign(make, definition);
}
