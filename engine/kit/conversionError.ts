/** Why a conversion can't succeed; stable, because the app has words of its own for some. */
export type ConversionErrorCode =
  | "video_unreadable"
  | "video_truncated"
  | "video_has_no_picture"
  | "video_too_large"
  | "photo_unreadable"
  | "photo_too_large"
  | "params_invalid"
  | "input_missing"
  | "conversion_stalled"
  | "conversion_too_slow"
  | "conversion_crashed";

/** A conversion that ended without a result. `message` is a sentence for the family; `cause` is for the log. */
export class ConversionError extends Error {
  readonly code: ConversionErrorCode;
  /** Whether the same input may succeed another time. */
  readonly retryable: boolean;

  constructor(
    code: ConversionErrorCode,
    message: string,
    options: { readonly retryable?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ConversionError";
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}
