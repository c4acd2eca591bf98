import { WorkError } from "#engine/kit/work.ts";

/** Why a conversion can't succeed. The codes are stable: the gateway has a sentence in each language for every one. */
export const CONVERSION_ERROR_CODES = [
  "video_unreadable",
  "video_truncated",
  "video_has_no_picture",
  "video_too_large",
  "video_protected",
  "photo_unreadable",
  "photo_too_large",
  "params_invalid",
  "input_missing",
  "conversion_stalled",
  "conversion_too_slow",
  "conversion_crashed",
] as const;
export type ConversionErrorCode = (typeof CONVERSION_ERROR_CODES)[number];

/** A conversion that ended without a result. */
export class ConversionError extends WorkError {
  declare readonly code: ConversionErrorCode;

  constructor(
    code: ConversionErrorCode,
    message: string,
    options: { readonly retryable?: boolean; readonly cause?: unknown } = {},
  ) {
    super(code, message, options);
    this.name = "ConversionError";
  }
}
