import { invalidArgument, StorageError } from "./failure.ts";

/** What is kept of an unfinished upload is a multiple of this. */
const QUANTUM = 256 * 1024;

/** A request in a resumable upload that brings bytes. */
export interface Piece {
  readonly kind: "piece";
  readonly start: number;
  /** Of the last byte; undefined: as far as the request goes. */
  readonly end: number | undefined;
  /** Of the whole object, in bytes. */
  readonly total: number | undefined;
  /** Whether the object ends where the request ends, at any length. */
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
 * @throws StorageError 400
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

/**
 * Whether a piece can be taken by an upload that has `received` bytes.
 * @param total the whole object's size, if known
 * @param length the request's Content-Length, if known
 * @throws StorageError 400; 503 for a gap
 */
export function checkPiece(
  piece: Piece,
  total: number | undefined,
  received: number,
  length: number | undefined,
): void {
  const { start, end } = piece;
  if (start > received) {
    // 503, as Google answers: clients take it as a reason to ask how far the session is.
    throw new StorageError({
      status: 503,
      code: "ServiceUnavailable",
      reason: "backendError",
      message: `Invalid request. According to the Content-Range header, the upload offset is ${start} byte(s), which exceeds already uploaded size of ${received} byte(s).`,
    });
  }
  if (end === undefined) return;
  const size = end - start + 1;
  if (length !== undefined && length !== size) {
    throw invalidArgument(`Content-Length is ${length}, Content-Range says ${size} bytes.`);
  }
  const final = total !== undefined && end + 1 === total;
  if (!final && size < QUANTUM) {
    throw invalidArgument(
      `Invalid request. The number of bytes uploaded is required to be equal or greater than ${QUANTUM}, except for the final request (it's recommended to be the exact multiple of ${QUANTUM}). The received request contained ${size} bytes, which does not meet this requirement.`,
    );
  }
}

/** The part of `bytes` that an unfinished upload keeps. */
export function wholeQuanta(bytes: number): number {
  return bytes - (bytes % QUANTUM);
}
