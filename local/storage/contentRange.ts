import { invalidArgument } from "./failure.ts";

/** A request in a resumable upload that brings bytes. */
export interface Piece {
  readonly kind: "piece";
  readonly start: number;
  /** Of the last byte; undefined: as far as the request goes. */
  readonly end: number | undefined;
  /** Of the whole object, in bytes. */
  readonly total: number | undefined;
  /** Whether the object ends where the request ends, whatever its length. */
  readonly last: boolean;
}

/** "How much have you got?", which also says that there is no more if `total` is just that much. */
export interface StatusQuery {
  readonly kind: "status";
  readonly total: number | undefined;
}

const FORM = /^bytes\s+(?:(\d{1,15})-(\d{1,15}|\*)|\*)\/(\d{1,15}|\*)$/;

/**
 * Reads a resumable upload's Content-Range, in which the first byte, the last byte and the total may each be a star as far as that
 * makes sense. No header at all means the whole object.
 * @throws StorageFailure 400
 */
export function parseContentRange(text: string | undefined): Piece | StatusQuery {
  if (text === undefined) return { kind: "piece", start: 0, end: undefined, total: undefined, last: true };
  const [, first, last, size] = FORM.exec(text.trim()) ?? [];
  if (size === undefined) throw invalidArgument(`Failed to parse Content-Range header: '${text}'`);
  const total = size === "*" ? undefined : Number(size);
  if (first === undefined || last === undefined) return { kind: "status", total };
  const start = Number(first);
  const end = last === "*" ? undefined : Number(last);
  const needed = end === undefined ? start : end + 1;
  if (needed < start || needed > (total ?? needed)) {
    throw invalidArgument(`Content-Range contradicts itself: '${text}'`);
  }
  return { kind: "piece", start, end, total, last: end === undefined && total === undefined };
}
